"""What of the chart is made from something else: its README, and copies of dashboards and rules.

`python -m tools.chart` makes it; with --check it says what is not as it would be made.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
CHART = ROOT / "helm" / "shadower-analytics"
OBSERVABILITY = ROOT / "observability"
COPIES = {"rules": "*.yaml", "dashboards": "*.json"}
PLACE = "{{ values }}\n"
MARK = "# -- "


def made() -> Mapping[Path, str]:
    """The content of each file that is made."""
    written = (CHART / "README.md.gotmpl").read_text(encoding="utf-8")
    table = "\n".join(["| Key | Default | What it says |", "|---|---|---|", *_rows()])
    return {CHART / "README.md": written.replace(PLACE, table + "\n"), **_copies()}


def _copies() -> dict[Path, str]:
    return {
        CHART / "files" / kind / source.name: source.read_text(encoding="utf-8")
        for kind, names in COPIES.items()
        for source in sorted((OBSERVABILITY / kind).glob(names))
        if _is_for_a_cluster(source)
    }


def _is_for_a_cluster(source: Path) -> bool:
    """Tests of rules lie beside them and stay there."""
    return source.suffix == ".json" or "groups" in yaml.safe_load(source.read_text("utf-8"))


def _rows() -> Iterator[str]:
    text = (CHART / "values.yaml").read_text(encoding="utf-8")
    values = yaml.safe_load(text)
    for path, said in described(text).items():
        default = _at(values, path)
        shown = "see values.yaml" if _is_long(default) else f"`{_in_json(default)}`"
        yield f"| `{path}` | {shown} | {said.replace('|', chr(92) + '|')} |"


def described(text: str) -> dict[str, str]:
    """What is said of each key of values, by its path; in their order."""
    lines = text.splitlines()

    def walk(node: yaml.MappingNode, above: str) -> Iterator[tuple[str, str]]:
        for key, value in node.value:
            path = f"{above}.{key.value}" if above else key.value
            said = _said_above(lines, key.start_mark.line)
            if said:
                yield path, said
            elif isinstance(value, yaml.MappingNode) and value.value:
                yield from walk(value, path)

    root = yaml.compose(text)
    return dict(walk(root, "")) if isinstance(root, yaml.MappingNode) else {}


def _said_above(lines: list[str], number: int) -> str:
    """A comment may go on over lines; what begins it is its mark."""
    said: list[str] = []
    for line in reversed(lines[:number]):
        comment = line.strip()
        if not comment.startswith("#"):
            return ""
        said.insert(0, comment.removeprefix(MARK) if comment.startswith(MARK) else comment[2:])
        if comment.startswith(MARK):
            return " ".join(said)
    return ""


def _at(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values[name]
    return values


def _in_json(value: Any) -> str:
    return json.dumps(value, separators=(", ", ": "))


def _is_long(value: Any) -> bool:
    return len(_in_json(value)) > 60


def main(arguments: list[str]) -> int:
    wanted = made()
    there = {path for kind in COPIES for path in (CHART / "files" / kind).glob("*")}
    stale = sorted(there - set(wanted))
    wrong = [path for path, text in wanted.items() if _content(path) != text]
    if "--check" in arguments:
        for path in (*wrong, *stale):
            sys.stderr.write(f"{path.relative_to(ROOT)} is not as `make helm` makes it\n")
        return 1 if wrong or stale else 0
    for path in stale:
        path.unlink()
    for path in wrong:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
