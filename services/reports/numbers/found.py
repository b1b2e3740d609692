"""What rules of alerts found: the sections alerts and anomalies."""

from collections import Counter
from typing import Any

from shadower.alerts.v1.alert_pb2 import AlertState
from shadower.alerts.v1.alert_rule_pb2 import Severity

from services.reports.document import Column, Figure, Kind, Section, Table
from services.reports.numbers.mesh import Questions, UntoldError
from services.reports.numbers.values import moment, optional
from services.runtime.times import to_datetime

MOST_PAGES = 20
MOST_ALERTS = 200
# What is pending may come to nothing.
STATES = (
    AlertState.ALERT_STATE_TRIGGERED,
    AlertState.ALERT_STATE_ACKNOWLEDGED,
    AlertState.ALERT_STATE_RESOLVED,
)
COLUMNS = (
    Column("Began", kind=Kind.TIME),
    Column("Rule"),
    Column("Severity"),
    Column("Group"),
    Column("State"),
    Column("Value", kind=Kind.NUMBER),
    Column("Compared with", kind=Kind.NUMBER),
    Column("Resolved", kind=Kind.TIME),
)


async def alerts(questions: Questions) -> Section:
    return _section("alerts", "Alerts", await _of_period(questions))


async def anomalies(questions: Questions) -> Section:
    """Of rules that are anomalies' now: a rule that is gone tells not what it was."""
    rules = await _anomaly_rules(questions)
    found = [one for one in await _of_period(questions) if one.rule_id in rules]
    section = _section("anomalies", "Anomalies", found)
    if rules:
        return section
    return Section("anomalies", "Anomalies", "The workspace has no alert rule of anomalies.")


def _section(kind: str, title: str, found: list[Any]) -> Section:
    severities = Counter(Severity.Name(one.severity) for one in found)
    named = ((name, _word(name, "SEVERITY_")) for name in reversed(Severity.keys()))
    figures = [Figure(f"{title} in all", len(found))]
    figures += [Figure(word, severities[name]) for name, word in named if severities[name]]
    rows = tuple(map(_row, found[:MOST_ALERTS]))
    table = Table(title, COLUMNS, rows, max(len(found) - MOST_ALERTS, 0))
    text = "" if found else "None began in the period."
    return Section(kind, title, text, tuple(figures), (table,) if found else ())


def _row(one: Any) -> tuple[Any, ...]:
    group = ", ".join(f"{name}={value}" for name, value in sorted(one.group.items()))
    return (
        to_datetime(one.pending_time),
        one.rule_name,
        _word(Severity.Name(one.severity), "SEVERITY_"),
        group,
        _word(AlertState.Name(one.state), "ALERT_STATE_"),
        optional(one, "value"),
        optional(one, "expected"),
        moment(one, "resolve_time"),
    )


def _word(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).capitalize()


async def _of_period(questions: Questions) -> list[Any]:
    """Alerts that began to hold in it, those that did last first."""
    asked, found, token = questions.asked, list[Any](), ""
    for _ in range(MOST_PAGES):
        page = await questions.alerts(STATES, token)
        times = [(to_datetime(one.pending_time), one) for one in page.alerts]
        found += [one for time, one in times if asked.start <= time < asked.end]
        token = page.next_page_token
        if not token or times[-1][0] < asked.start:
            return found
    raise UntoldError("there are more alerts than a report has room for")


async def _anomaly_rules(questions: Questions) -> set[str]:
    found, token = set[str](), ""
    for _ in range(MOST_PAGES):
        page = await questions.rules(token)
        found |= {
            one.rule_id for one in page.rules if one.rule.WhichOneof("condition") == "anomaly"
        }
        token = page.next_page_token
        if not token:
            break
    return found
