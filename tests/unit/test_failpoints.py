"""Failpoints: what they are asked for, and that they act then and at no other time."""

import os
import signal
import subprocess
import sys

import pytest

from services.runtime.failpoints import Failpoints
from services.runtime.faults import Unavailable

PROGRAM = """
import sys
from services.runtime.failpoints import Failpoints

points = Failpoints(sys.argv[1])
for number in range(1, 5):
    print(number, flush=True)
    points.reach("here")
"""
SECONDS = 20


def reached(asked: str, *names: str) -> list[bool]:
    """Whether the place failed, each time that one was reached."""
    points = Failpoints(asked)
    return [fails(points, name) for name in names]


def fails(points: Failpoints, name: str) -> bool:
    try:
        points.reach(name)
    except Unavailable as fault:
        return fault.reason == "DATABASE_UNAVAILABLE"
    return False


def program(asked: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, asked]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("asked", "failures"),
    [
        ("", [False, False, False]),
        ("here=fail", [True, False, False]),
        ("here=fail@1", [True, False, False]),
        ("here=fail@3", [False, False, True]),
        ("here=fail@4", [False, False, False]),
        ("elsewhere=fail", [False, False, False]),
    ],
)
def test_a_place_acts_the_one_time_that_was_asked_for(asked: str, failures: list[bool]) -> None:
    assert reached(asked, "here", "here", "here") == failures


def test_places_count_apart() -> None:
    found = reached("one.step=fail@2,other=fail", "one.step", "other", "one.step", "other")
    assert found == [False, True, True, False]


def test_a_killed_process_goes_no_further() -> None:
    with program("here=kill@2") as running:
        said, _ = running.communicate(timeout=SECONDS)
    assert (running.returncode, said.split()) == (-signal.SIGKILL, ["1", "2"])


def test_a_paused_process_goes_on_when_it_is_told_to() -> None:
    with program("here=pause@3") as running:
        _, status = os.waitpid(running.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        running.send_signal(signal.SIGCONT)
        said, _ = running.communicate(timeout=SECONDS)
    assert (running.returncode, said.split()) == (0, ["1", "2", "3", "4"])


@pytest.mark.parametrize(
    "nonsense",
    [
        "here",
        "here=",
        "here=explode",
        "here=KILL",
        "here=kill@",
        "here=kill@x",
        "here=kill@0",
        "here=kill@-1",
        "here=kill@1.5",
        "=kill",
        "here=fail, there=fail",
        "here=fail;there=fail",
    ],
)
def test_nonsense_is_refused(nonsense: str) -> None:
    """It would look as if nothing went wrong at a place that was never reached."""
    with pytest.raises(ValueError, match="is no failpoint"):
        Failpoints(nonsense)
