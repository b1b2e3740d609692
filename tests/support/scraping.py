"""What Prometheus gets of processes, and what its queries ask for."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import httpx
from prometheus_client.parser import text_string_to_metric_families

# Not of the processes: Prometheus and whoever configures it add them, and "le" is of buckets.
OF_TARGETS = {"shadower_process", "instance", "le"}
# Those that Prometheus and its operator give to targets. One of a process by such a name is renamed
# when it is fetched, as exported_job, so nobody would find it.
TAKEN = {"container", "endpoint", "instance", "job", "namespace", "pod", "service"}
OF_PROMETHEUS = {"up", "ALERTS"}
WORDS = {"by", "without", "and", "or", "unless", "on", "ignoring", "offset", "group_left", "bool"}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SELECTED = re.compile(rf"({NAME})\{{([^}}]*)\}}")
MATCHER = re.compile(rf"({NAME})\s*(?:=~|!~|!=|=)")


@dataclass
class Family:
    """Samples of one name: what they are, and the labels that they have."""

    kind: str
    meaning: str
    labels: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)


async def scraped(address: str) -> dict[str, Family]:
    async with httpx.AsyncClient() as http:
        return families((await http.get(address)).text)


def families(text: str) -> dict[str, Family]:
    """By names, as Prometheus knows them before it divides histograms."""
    found = {}
    for family in text_string_to_metric_families(text):
        if not family.samples:
            continue
        name = family.name
        # The parser knows counters without their ending, which Envoy's do not have.
        if f"# TYPE {name}_total " in text:
            name = f"{name}_total"
        known = found[name] = Family(family.type, family.documentation)
        for sample in family.samples:
            known.labels |= sample.labels.keys() - {"le"}
            known.values |= {value for label, value in sample.labels.items() if label != "le"}
    return found


def together(scrapes: Iterable[Mapping[str, Family]]) -> dict[str, Family]:
    whole: dict[str, Family] = {}
    for scrape in scrapes:
        for name, family in scrape.items():
            known = whole.setdefault(name, Family(family.kind, family.meaning))
            known.labels |= family.labels
            known.values |= family.values
    return whole


def series(exported: Mapping[str, Family]) -> dict[str, set[str]]:
    """Labels by the names of time series."""
    found = {}
    for name, family in exported.items():
        ends = ("_bucket", "_count", "_sum") if family.kind == "histogram" else ("",)
        found.update({name + end: family.labels for end in ends})
    return found


def asked(query: str) -> Iterator[tuple[str, set[str]]]:
    """The series that a query asks for, each with the labels by which it selects."""
    for name, matchers in SELECTED.findall(query):
        yield name, set(MATCHER.findall(matchers))
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", query)
    bare = re.sub(r"\b(?:by|without|on|ignoring)\s*\([^)]*\)", " ", bare)
    for name, call in re.findall(rf"(?<![\w.])({NAME})\s*(\(?)", bare):
        if not call and name not in WORDS:
            yield name, set()


def grouped(query: str) -> set[str]:
    """Labels by which a query groups."""
    lists = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", query)
    return {one.strip() for given in lists for one in given.split(",")}
