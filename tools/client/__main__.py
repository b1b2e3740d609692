"""Writes client/python's modules of the contract: `python -m tools.client [FOLDER]`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.client.contract import Contract, read_contract
from tools.client.naming import AREAS_LEFT_OUT
from tools.client.writing import Writing
from tools.comments import ROOT

FOLDER = ROOT / "client/python/src/shadower_client/api"
INIT = '"""The contract in Python: a module for each area, made by tools/client."""\n'


def main(arguments: list[str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        # Imports are sorted by the package that a module is in.
        package = Path(made) / FOLDER.parent.name
        (package / FOLDER.name).mkdir(parents=True)
        (package / "__init__.py").touch()
        _write(package / FOLDER.name)
        target = Path(arguments[0]) if arguments else FOLDER
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package / FOLDER.name, target, ignore=shutil.ignore_patterns(".*"))


def _write(folder: Path) -> None:
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
