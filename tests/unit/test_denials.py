"""A stranger cannot fill a tenant's log: beyond its share in a minute, denials are counted."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.runtime.audit import AuditEntry
from services.runtime.interceptors import denials as module
from services.runtime.interceptors.denials import (
    MOST_ENTRIES,
    MOST_ENTRIES_OF_NOBODY,
    SECONDS,
    Denials,
)


def entry(workspace: str, subject: str = "eve", *, is_of_stranger: bool = False) -> AuditEntry:
    now, entry_id = datetime.now(UTC), uuid.uuid4()
    made = AuditEntry(workspace, now, entry_id, subject, "", "/r", 7, "", "", {})
    return replace(made, is_of_stranger=is_of_stranger)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_beyond_a_share_they_are_counted_by_workspace() -> None:
    clock = Clock()
    denials = Denials(clock)
    told = [denials.counted(entry("w")) for _ in range(MOST_ENTRIES + 4)]
    assert sum(one is not None for one in told) == MOST_ENTRIES
    assert denials.counted(entry("other")) is not None
    assert denials.counted(last := entry("w", "last")) is None
    clock.now = SECONDS - 1
    assert list(denials.remainders()) == []
    clock.now = SECONDS
    [remainder] = denials.remainders()
    assert (remainder.workspace_id, remainder.calls) == ("w", 5)
    assert (remainder.subject, remainder.entry_id) == ("last", last.entry_id)
    assert denials.counted(entry("w")) is not None


def test_what_is_counted_is_told_at_the_end() -> None:
    denials = Denials(Clock())
    for _ in range(MOST_ENTRIES + 1):
        denials.counted(entry("w"))
    assert [one.calls for one in denials.remainders(at_end=True)] == [1]


def test_invented_workspaces_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORKSPACES", 2)
    denials = Denials(Clock())
    assert [denials.counted(entry(f"w-{number}")) is None for number in range(4)] == [
        False,
        False,
        True,
        True,
    ]


def test_invented_workspaces_hide_no_denial_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WORKSPACES", 2)
    clock = Clock()
    denials = Denials(clock)
    for number in range(5):
        denials.counted(entry(f"invented-{number}", is_of_stranger=True))
    assert denials.counted(entry("w")) is not None
    # What had no room is counted all the same, and told once.
    assert [denials.take_without_room(), denials.take_without_room()] == [3, 0]


def test_a_strangers_denials_use_up_nobodys_share() -> None:
    denials = Denials(Clock())
    for _ in range(MOST_ENTRIES + 5):
        denials.counted(entry("w", is_of_stranger=True))
    assert denials.counted(entry("w")) is not None
    assert [one.calls for one in denials.remainders(at_end=True)] == [5]


def test_who_has_no_token_has_a_small_share_and_hides_no_strangers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_WORKSPACES", 2)
    denials = Denials(Clock())
    told = [denials.counted(entry("w", "", is_of_stranger=True)) for _ in range(50)]
    assert sum(one is not None for one in told) == MOST_ENTRIES_OF_NOBODY
    for number in range(3):
        denials.counted(entry(f"invented-{number}", "", is_of_stranger=True))
    assert denials.counted(entry("w", is_of_stranger=True)) is not None
    assert [one.calls for one in denials.remainders(at_end=True)] == [50 - MOST_ENTRIES_OF_NOBODY]
