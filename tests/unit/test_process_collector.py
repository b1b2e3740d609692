"""Processes of ours load without the garbage collector: each has to let it look afterwards."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(
    path.relative_to(ROOT)
    for room in ("services", "gateway", "scheduler")
    for path in (ROOT / room).rglob("__main__.py")
)


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_a_program_runs_by_what_lets_the_collector_look(program: Path) -> None:
    module = ast.parse((ROOT / program).read_text(encoding="utf-8"))
    assert called_at_last(module) in imported(module, "services.runtime.process")


def called_at_last(module: ast.Module) -> str:
    """The function that is all that the module does when it is run."""
    last = module.body[-1]
    match last:
        case ast.If(body=[ast.Expr(value=ast.Call(func=ast.Name(id=name)))]):
            return name
    return ast.unparse(last)


def imported(module: ast.Module, source: str) -> set[str]:
    found = [one for one in module.body if isinstance(one, ast.ImportFrom) and one.module == source]
    return {name.name for one in found for name in one.names} & {"run", "run_with"}
