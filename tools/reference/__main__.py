"""Writes all references; with --check, says which are not as they would be made.

python -m tools.reference [--check]
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.reference.collection import collection
from tools.reference.commands import commands
from tools.reference.contract import contract
from tools.reference.openapi import openapi

ROOT = Path(__file__).parent.parent.parent
MADE: Mapping[str, Callable[[], str]] = {
    "gateway/web/reference/openapi.json": openapi,
    "docs/reference/cli.md": commands,
    "docs/reference/grpc.md": contract,
    "docs/reference/shadower.postman_collection.json": collection,
}


def write() -> None:
    for name, make in MADE.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(make())


def differing() -> list[str]:
    return [name for name, make in MADE.items() if _kept(ROOT / name) != make()]


def _kept(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        write()
    elif wrong := differing():
        sys.exit(f"made by `make gen`, and not as they would be: {', '.join(wrong)}")
