"""Where commands ask, as whom, and what they make of streams and pages, without anybody to ask."""

import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest, ListAgentsResponse
from shadower.bus.v1.dead_letter_pb2 import DeadLetter, DeadLetterContent
from shadower.bus.v1.dead_letters_service_pb2 import GetDeadLetterResponse
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.common.v1.number_pb2 import Number
from shadower.metrics.v1.metric_pb2 import Point, TimeSeries
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsResponse
from typer.testing import CliRunner, Result

from cli.__main__ import app
from cli.asking.files import show_written, write_parts
from cli.asking.pages import listed
from cli.calls import is_same_place, split_address
from cli.commands import tail
from cli.commands.tail import Changes
from cli.failures import CommandError, ExitCode
from cli.home import Home, StackState
from cli.rendering.console import downloading, print_for_people
from cli.rendering.dead_letters import letter_view
from cli.rendering.values import word
from cli.tokens.keys import ensured_key

UTC = ZoneInfo("UTC")
HOUR = 3600
ELSEWHERE = "https://analytics.example.com"


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("analytics.example.com", ("https", "analytics.example.com:443")),
        ("analytics.example.com:8443", ("https", "analytics.example.com:8443")),
        ("localhost:8080", ("http", "localhost:8080")),
        ("[::1]", ("http", "[::1]:80")),
        ("http://analytics.example.com", ("http", "analytics.example.com:80")),
    ],
)
def test_without_a_scheme_only_this_machine_is_asked_in_plain_text(
    address: str, place: tuple[str, str]
) -> None:
    assert split_address(address) == place


def test_a_place_has_several_names() -> None:
    assert is_same_place("http://0.0.0.0:8080", "localhost:8080")
    assert not is_same_place("http://127.0.0.1:8080", "http://127.0.0.1:8081")
    assert not is_same_place("http://127.0.0.1:8080", "http://10.0.0.1:8080")


def typed(home: Path, *words: str, **env: str) -> Result:
    bare = {"SHADOWER_PROFILES": "", "HOME": str(home), "SHADOWER_HOME": str(home)}
    return CliRunner(env={**bare, **env}).invoke(app, words)


def test_the_stacks_key_signs_for_the_stack_alone(tmp_path: Path) -> None:
    ensured_key(Home.at(tmp_path))
    Home.at(tmp_path).write_state(StackState("http://127.0.0.1:1", ""))
    refused = typed(tmp_path, "summary", "--address", ELSEWHERE)
    assert refused.exit_code == ExitCode.UNAUTHENTICATED
    assert "--token-file" in refused.stderr
    assert "SHADOWER_TOKEN" in refused.stderr
    assert typed(tmp_path, "summary").exit_code == ExitCode.UNAVAILABLE


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Sessions that followed a stream of one message in which two things changed."""
    sessions: list[Any] = []

    async def followed(session: Any, _: Any) -> AsyncIterator[StreamMetricsResponse]:
        sessions.append(session)
        yield delta(2 * HOUR, (HOUR, 1), (2 * HOUR, 1))

    monkeypatch.setattr(tail, "followed", followed)
    return sessions


def delta(now: int, *points: tuple[int, int]) -> StreamMetricsResponse:
    told = StreamMetricsResponse(as_of=Timestamp(seconds=now))
    told.delta.time_series.append(series(*points))
    return told


def series(*points: tuple[int, int]) -> TimeSeries:
    return TimeSeries(
        metric="executions",
        points=[
            Point(start_time=Timestamp(seconds=start), value=Number(integer=value))
            for start, value in points
        ],
    )


def test_a_token_may_lie_in_a_file(tmp_path: Path, streams: list[Any]) -> None:
    (tmp_path / "bearer").write_text("of the file\n")
    words = ("tail", "--address", ELSEWHERE, "--token-file", str(tmp_path / "bearer"))
    assert typed(tmp_path, *words, SHADOWER_TOKEN="another").exit_code == 0
    assert streams[0].edge.token() == "of the file"


def test_tail_prints_no_more_than_its_limit(tmp_path: Path, streams: list[Any]) -> None:
    one = typed(tmp_path, "tail", "--limit", "1", "--token", "x")
    assert (one.exit_code, len(one.stdout.splitlines())) == (0, 1)
    both = typed(tmp_path, "tail", "--limit", "2", "--token", "x")
    assert (both.exit_code, len(both.stdout.splitlines())) == (0, 2)
    more = typed(tmp_path, "tail", "--limit", "3", "--token", "x")
    assert (more.exit_code, len(more.stdout.splitlines())) == (ExitCode.UNFINISHED, 2)
    assert "1 of 3 changes did not come" in more.stderr
    assert len(streams) == 3


def test_tail_forgets_buckets_that_are_over() -> None:
    changes = Changes(UTC)
    snapshot = StreamMetricsResponse(as_of=Timestamp(seconds=3 * HOUR))
    snapshot.snapshot.interval.start_time.seconds = 2 * HOUR
    snapshot.snapshot.time_series.append(series((2 * HOUR, 1)))
    assert not list(changes.lines(snapshot))
    for hour in range(3, 100):
        assert len(list(changes.lines(delta(hour * HOUR + 1, (hour * HOUR, hour))))) == 1
    assert [start // (HOUR * 10**9) for *_, start in changes.told] == [98, 99]
    (again,) = changes.lines(delta(99 * HOUR + 2, (99 * HOUR, 7)))
    assert "7 (before: 99)" in again


def test_a_day_that_began_before_the_snapshot_is_kept() -> None:
    changes = Changes(UTC)
    snapshot = StreamMetricsResponse(as_of=Timestamp(seconds=12 * HOUR))
    snapshot.snapshot.interval.start_time.seconds = 11 * HOUR
    snapshot.snapshot.time_series.append(series((0, 1)))
    list(changes.lines(snapshot))
    list(changes.lines(delta(20 * HOUR, (0, 2))))
    (again,) = changes.lines(delta(21 * HOUR, (0, 3)))
    assert "3 (before: 2)" in again


def test_jobs_are_of_the_whole_deployment_unless_one_types(tmp_path: Path) -> None:
    words = ("jobs", "list", "--address", "http://127.0.0.1:1", "--token", "x")
    bad = {"SHADOWER_WORKSPACE": "no workspace!"}
    assert typed(tmp_path, *words, **bad).exit_code == ExitCode.UNAVAILABLE
    assert typed(tmp_path, *words, "-w", "no workspace!").exit_code == ExitCode.USAGE
    usual = ("summary", "--address", "http://127.0.0.1:1", "--token", "x")
    assert typed(tmp_path, *usual, **bad).exit_code == ExitCode.USAGE


async def test_pages_are_as_complete_as_the_one_that_is_least_so() -> None:
    pages = [agents("a", 5, 500, 4, "next"), agents("b", 4, 0, 3, "last"), agents("c", 6, 1, 6, "")]

    async def ask(_: Any, request: ListAgentsRequest) -> ListAgentsResponse:
        return pages[("", "next", "last").index(request.page_token)]

    session: Any = SimpleNamespace(ask=ask)
    rpc: Any = None
    answer = await listed(session, rpc, ListAgentsRequest(), 10)
    assert [one.agent_id for one in answer.agents] == ["a", "b", "c"]
    assert (answer.as_of.seconds, answer.as_of.nanos) == (4, 0)
    assert answer.complete_until.seconds == 3
    assert not answer.next_page_token


def agents(
    agent: str, seconds: int, nanos: int, complete: int, following: str
) -> ListAgentsResponse:
    told = ListAgentsResponse(
        as_of=Timestamp(seconds=seconds, nanos=nanos),
        complete_until=Timestamp(seconds=complete),
        next_page_token=following,
    )
    told.agents.add(agent_id=agent)
    return told


async def parts(*texts: bytes) -> AsyncIterator[Any]:
    for text in texts:
        yield SimpleNamespace(body=HttpBody(data=text))


async def test_what_was_written_is_told_to_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "week.csv"
    show_written(await write_parts(parts(b"a", b"b"), file), rows=2)
    assert json.loads(capsys.readouterr().out) == {
        "path": str(file),
        "sizeBytes": "2",
        "sha256": sha256(b"ab").hexdigest(),
        "rows": "2",
    }


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


async def test_what_is_not_whole_replaces_nothing(tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    whole = sha256(b"ab").hexdigest()
    await write_parts(parts(b"a", b"b"), file, sha256=whole)
    with pytest.raises(CommandError, match="not whole") as refused:
        await write_parts(parts(b"a"), file, sha256=whole)
    assert refused.value.exit_code == ExitCode.OUTPUT
    assert file.read_bytes() == b"ab"
    assert names(tmp_path) == ["week.csv"]


def test_what_others_recorded_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    told = '{"prompt": "[/INST] hi [red]x[/red] :warning:"}'
    newer: Any = 9999
    letter = GetDeadLetterResponse(
        dead_letter=DeadLetter(message=told, reason=newer),
        content=DeadLetterContent(decoded=told),
    )
    print_for_people(*letter_view(letter, UTC))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == told
    assert "9999" in lines[0]
    assert told in lines[1]


def test_a_files_name_is_no_markup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Console, "is_terminal", True)
    with downloading("[/INST].csv", 10) as came:
        came(10)
    assert "[/INST].csv" in capsys.readouterr().err


def test_a_newer_servers_words_are_numbers() -> None:
    assert word(ExecutionStatus, 9999, "EXECUTION_STATUS_") == "9999"
