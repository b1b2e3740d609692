"""Writes client/python's modules of the contract: `python -m tools.client [FOLDER]`."""

import subprocess
import sys
from pathlib import Path

from tools.client.contract import ROOT, Contract, read_contract
from tools.client.naming import AREAS_LEFT_OUT
from tools.client.writing import Writing

FOLDER = ROOT / "client/python/src/shadower_client/api"
INIT = '"""The contract in Python: a module for each area, made by tools/client."""\n'


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0]) if arguments else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.py"):
        stale.unlink()
    (folder / "__init__.py").write_text(INIT)
    contract = read_contract()
    for area in _areas(contract):
        (folder / f"{area}.py").write_text(Writing(contract, area).text())
    _tidy(folder)


def _areas(contract: Contract) -> list[str]:
    return sorted({one.area for one in contract.messages.values()} - AREAS_LEFT_OUT)


def _tidy(folder: Path) -> None:
    """What an area does not use is imported nowhere, and lines have their length."""
    ruff = [sys.executable, "-m", "ruff"]
    config = ["--quiet", "--config", str(ROOT / "pyproject.toml")]
    checked = [
        *ruff,
        "check",
        "--select",
        "F401,I",
        "--fix",
        "--unsafe-fixes",
        *config,
        str(folder),
    ]
    subprocess.run(checked, check=True)
    subprocess.run([*ruff, "format", *config, str(folder)], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
