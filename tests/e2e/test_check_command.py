"""`shadower check`, as `helm test` runs it."""

import asyncio
import re
from pathlib import Path

from typer.testing import CliRunner, Result

from cli.__main__ import app
from tests.e2e.conftest import WholeWay
from tests.support.ports import free_port


async def typed(port: int, home: Path, *options: str) -> Result:
    command = ["check", f"http://127.0.0.1:{port}", "--home", str(home), "--seconds", "0"]
    return await asyncio.to_thread(CliRunner().invoke, app, [*command, *options])


async def test_it_says_what_answers(whole_way: WholeWay, tmp_path: Path) -> None:
    token = whole_way.keys.token("demo", role="viewer")
    result = await typed(whole_way.port, tmp_path, "--token", token)
    assert result.exit_code == 0, result.output
    assert "/health: all services can answer" in result.output
    assert re.search(r"ListMetrics: [1-9]\d* metrics", result.output)


async def test_without_a_token_a_refusal_is_an_answer(whole_way: WholeWay, tmp_path: Path) -> None:
    result = await typed(whole_way.port, tmp_path)
    assert result.exit_code == 0, result.output
    assert "refused without a token" in result.output


async def test_a_token_of_somebody_else_is_no_success(whole_way: WholeWay, tmp_path: Path) -> None:
    result = await typed(whole_way.port, tmp_path, "--token", whole_way.keys.token("other"))
    assert result.exit_code == 3
    assert "PERMISSION_DENIED" in result.output


async def test_where_nobody_answers_it_says_so(tmp_path: Path) -> None:
    result = await typed(free_port(), tmp_path)
    assert result.exit_code == 3
    assert "no answer from" in result.output
