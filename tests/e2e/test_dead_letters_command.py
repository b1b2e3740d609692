"""`shadower deadletters`, through the edge, as an operator types it."""

import asyncio
import json
from pathlib import Path

import pytest
from shadower.bus.v1.envelope_pb2 import Envelope
from typer.testing import CliRunner, Result

from cli.__main__ import app
from cli.failures import ExitCode
from services.runtime.bus.dead_letter import DeadLetter, Source
from services.warehouse.bus.dead_letters import bury_alone
from tests.e2e.conftest import WholeWay
from tests.support.bus import database_of, publish_one, rows
from tests.support.stack import Stack

MALFORMED = b"\x00\xff"


class Terminal:
    """Where an operator of one workspace types."""

    def __init__(self, whole_way: WholeWay, workspace: str, home: Path) -> None:
        self._options = (
            *("--workspace", workspace, "--home", str(home)),
            *("--address", f"http://127.0.0.1:{whole_way.port}"),
            *("--token", whole_way.keys.token(workspace)),
        )

    async def types(self, *arguments: str) -> Result:
        command = ["deadletters", *arguments, *self._options]
        return await asyncio.to_thread(CliRunner().invoke, app, command)

    async def lists(self, *arguments: str) -> list[str]:
        """Ids."""
        result = await self.types("list", "--json", *arguments)
        assert result.exit_code == 0, result.output
        return [one["deadLetterId"] for one in json.loads(result.stdout)["deadLetters"]]


@pytest.fixture
def terminal(whole_way: WholeWay, workspace: str, tmp_path: Path) -> Terminal:
    return Terminal(whole_way, workspace, tmp_path)


@pytest.fixture
async def letters(stack: Stack, workspace: str) -> dict[str, str]:
    """Of each source, ids: one of an event that can be replayed, one of the log that cannot."""
    key = workspace.encode()
    async with database_of(stack.database_url) as database:
        event_id = await publish_one(database, workspace)
        envelope = Envelope(schema_version=1, id=str(event_id), type=1, workspace_id=workspace)
        payloads = {Source.BUS: envelope.SerializeToString(), Source.LOG: MALFORMED}
        made = {
            source.value: DeadLetter(
                workspace, source, "HANDLER_FAILED", "why", payload, 1, key, group="g"
            )
            for source, payload in payloads.items()
        }
        for letter in made.values():
            await bury_alone(database, letter)
    return {source: str(letter.id) for source, letter in made.items()}


async def test_letters_are_listed(terminal: Terminal, letters: dict[str, str]) -> None:
    assert await terminal.lists() == [letters["log"], letters["bus"]]
    assert await terminal.lists("--limit", "1") == [letters["log"]]
    assert await terminal.lists("--source", "bus") == [letters["bus"]]
    assert await terminal.lists("--replayed") == []
    table = (await terminal.types("list")).output.splitlines()
    assert len(table) == 4
    assert all(word in table[1] for word in (letters["log"], "HANDLER_FAILED", "outbox@1"))


async def test_a_letter_is_shown(terminal: Terminal, letters: dict[str, str]) -> None:
    shown = (await terminal.types("show", letters["bus"])).output
    assert letters["bus"] in shown
    assert '"type": "EVENT_TYPE_AGENT_EXECUTED"' in shown
    assert "00 ff" in (await terminal.types("show", letters["log"])).output


async def test_letters_are_replayed(
    stack: Stack, terminal: Terminal, letters: dict[str, str], workspace: str
) -> None:
    result = await terminal.types("replay", letters["bus"], letters["log"])
    assert result.exit_code == ExitCode.PARTLY
    assert f"{letters['bus']}  replayed" in result.output
    assert f"{letters['log']}  no log is configured" in result.output
    assert "1 of 2 were not replayed" in result.output
    assert await terminal.lists("--replayed") == [letters["bus"]]
    query = "select event_id from outbox where workspace_id = %s order by id"
    first, again = rows(stack.database_url, query, workspace)
    assert first == again


async def test_letters_are_dropped_with_a_reason(
    terminal: Terminal, letters: dict[str, str]
) -> None:
    unknown = "01234567-89ab-4def-8123-456789abcdef"
    assert (await terminal.types("drop", letters["log"])).exit_code == ExitCode.USAGE
    result = await terminal.types("drop", letters["log"], unknown, "--reason", "of a test")
    assert result.exit_code == ExitCode.PARTLY
    assert f"{letters['log']}  dropped" in result.output
    assert f"{unknown}  the workspace has no dead letter" in result.output
    assert await terminal.lists("--state", "dropped") == [letters["log"]]
    assert await terminal.lists("--state", "open") == [letters["bus"]]
    shown = (await terminal.types("show", letters["log"])).output
    assert all(word in shown for word in ("dropped", "tester", "of a test"))


async def test_what_is_not_there_is_said_in_one_line(terminal: Terminal) -> None:
    result = await terminal.types("show", "01234567-89ab-4def-8123-456789abcdef")
    assert (result.exit_code, result.output.count("\n")) == (ExitCode.NOT_FOUND, 1)
    assert "no dead letter" in result.output
    assert "[DEAD_LETTER_NOT_FOUND]" in result.output
    assert (await terminal.types("show", "x")).exit_code == 2
