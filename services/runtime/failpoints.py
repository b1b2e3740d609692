"""Places where a test can end, halt or fail a process: between two steps that must hold together.

Named by the setting, such as "record.rows=kill,record.position=pause@3"; nothing by default.
"""

import os
import re
import signal
from collections import Counter
from enum import StrEnum

from services.runtime.faults import Unavailable


class Action(StrEnum):
    """What happens at a failpoint."""

    KILL = "kill"
    PAUSE = "pause"
    FAIL = "fail"


ASKED = re.compile(rf"([a-z.]+)=({'|'.join(Action)})(?:@([1-9][0-9]*))?")


class Failpoints:
    """Counts how often each place is reached, and acts at the one time that was asked for."""

    def __init__(self, asked: str = "") -> None:
        """Raises ValueError for what is not name=action or name=action@time."""
        self._asked = dict(_parsed(one) for one in asked.split(",") if one)
        self._reached: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        if name not in self._asked:
            return
        action, time = self._asked[name]
        self._reached[name] += 1
        if self._reached[name] == time:
            _act(action, name)


def _parsed(text: str) -> tuple[str, tuple[Action, int]]:
    found = ASKED.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no failpoint: name=kill|pause|fail, or with @n")
    name, action, time = found.groups()
    return name, (Action(action), int(time or 1))


def _act(action: Action, name: str) -> None:
    if action is Action.FAIL:
        raise Unavailable("DATABASE_UNAVAILABLE", f"failpoint {name}")
    os.kill(os.getpid(), signal.SIGKILL if action is Action.KILL else signal.SIGSTOP)
