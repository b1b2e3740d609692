"""What commands say of themselves, and how they write values, without anybody to ask."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.common.v1.number_pb2 import Number
from typer.testing import CliRunner

from cli.__main__ import COMMANDS, app
from cli.asking.times import Span, zone_of
from cli.commands.query import titled
from cli.failures import MEANINGS, ExitCode, UsageError
from cli.rendering.console import downloading, waiting
from cli.rendering.values import ABSENT, clean, number, time

ROOT = typer.main.get_command(app)
ASKING = [name for name, module in COMMANDS.items() if module.startswith("cli.commands.")]
ZONE = zone_of("Europe/Berlin")


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "complete -o"),
        ("zsh", "#compdef shadower"),
        ("fish", "complete --command shadower"),
    ],
)
def test_a_shell_is_told_how_to_complete(shell: str, line: str) -> None:
    result = CliRunner().invoke(app, ["completion", shell])
    assert result.exit_code == 0
    assert line in result.stdout
    assert "_SHADOWER_COMPLETE" in result.stdout


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("shadower ke", ["keys"]),
        ("shadower keys re", ["revoke"]),
        ("shadower agents --asc", ["--ascending"]),
    ],
)
def test_words_are_completed(typed: str, completed: list[str]) -> None:
    told = {
        "_SHADOWER_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    result = CliRunner(env=told).invoke(app, [], prog_name="shadower")
    assert result.stdout.split() == completed


@pytest.mark.parametrize("name", ASKING)
def test_help_has_examples(name: str) -> None:
    for typed, one in commands(ROOT.get_command(None, name), name):
        if not hasattr(one, "commands"):
            assert f"  $ shadower {typed}" in one.epilog, typed


def test_help_says_what_is_usual_and_gives_examples() -> None:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["agents", "--help"])
    assert result.exit_code == 0
    for said in ("[default: (the profile's, or UTC)]", "$ shadower agents writer --since 30d"):
        assert said in result.stdout


def commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, command
    for word, one in getattr(command, "commands", {}).items():
        yield from commands(one, f"{name} {word}")


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_in_a_help_is_taken_for_markup(name: str) -> None:
    for typed, one in commands(ROOT.get_command(None, name), name):
        for parameter in one.params:
            assert "[" not in (getattr(parameter, "help", None) or ""), (typed, parameter.name)


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(ExitCode)


def test_text_of_others_is_shown_without_its_codes() -> None:
    assert clean("a\x1b[31mb\x07\u202ec\nd") == "a\ufffd[31mb\ufffd\ufffdc\ufffdd"
    assert clean("שלום 👩‍👩‍👧 <b>") == "שלום 👩‍👩‍👧 <b>"


def test_numbers_are_written_for_people() -> None:
    assert number(Number(integer=1234567)) == "1,234,567"
    assert number(Number(decimal="12.3400")) == "12.3400"
    assert number(Number(real=0.123456)) == "0.1235"
    assert number(Number(real=0)) == "0"
    assert number(Number()) == ABSENT


@pytest.mark.parametrize(
    ("unit", "heading"),
    [("s", "m [s]"), ("USD", "m [USD]"), ("1", "m [1]"), ("{execution}", "m"), ("", "m")],
)
def test_units_that_only_say_what_is_counted_are_left_out(unit: str, heading: str) -> None:
    assert titled("m", {"m": unit}) == heading


def test_times_are_of_the_zone() -> None:
    assert time(Timestamp(seconds=1_772_362_800), ZONE) == "2026-03-01 12:00:00"
    interval = Span(start="2026-03-01", end="2026-03-02T00:00+00:00").interval(ZONE)
    assert interval is not None
    assert interval.start_time.ToJsonString() == "2026-02-28T23:00:00Z"
    assert interval.end_time.ToJsonString() == "2026-03-02T00:00:00Z"
    assert Span().interval(ZONE) is None
    with pytest.raises(UsageError):
        Span(since="1h", start="2026-03-01").interval(ZONE)


def test_nobody_is_shown_progress_who_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("reading") as tell, downloading("runs.csv", 10) as came:
        tell("reading: 1")
        came(5)
    assert capsys.readouterr() == ("", "")
