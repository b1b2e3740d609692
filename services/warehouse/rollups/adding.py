"""What becomes of fine cells when runs change. Pure.

Where cells cannot tell what they are without a run (its user, say, may have other runs in the
cell), they are left to the caller, who may ask the facts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact, localcontext
from types import MappingProxyType
from typing import Any, NamedTuple

from services.warehouse.facts.model import Execution, RunChange
from services.warehouse.rollups import users
from services.warehouse.rollups.cells import COLUMNS, NUMBERS, PLACE
from services.warehouse.rollups.condensing import (
    FIELDS,
    GRADES,
    IDS,
    Condensed,
    Number,
    Numbers,
    UntoldError,
    changed,
    condense,
    durations_of,
)
from services.warehouse.rollups.levels import KEPT, Level
from services.warehouse.rollups.recounting import NotCountedError, recounted
from services.warehouse.rollups.spans import Spans, to_microseconds, to_time
from services.warehouse.rollups.tables import Cell

# More digits than any sum of squares of amounts has.
EXACT = Context(prec=1_000, traps=[Inexact])
DECIMALS = ("cost", "credits")
# In the order in which cells are tuples.
BLANK: Mapping[str, Any] = MappingProxyType(
    {column: None if column in (*NUMBERS, "duration_percentiles") else 0 for column in COLUMNS}
)


class Key(NamedTuple):
    """Which cell: the start of its hour, and what fine cells tell apart."""

    start: int
    agent_id: str
    model: str
    status: str
    error_type: str


@dataclass(frozen=True)
class CellChange:
    """The runs that come to a cell, and those that go."""

    added: list[Execution] = field(default_factory=list)
    gone: list[Execution] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """Cells as they have to be from now on, those that are empty, and those that nobody knows."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    empty: set[Key] = field(default_factory=set)
    untold: set[Key] = field(default_factory=set)


def key_of(run: Execution) -> Key:
    start = Level.HOUR.floor(to_microseconds(run.started_at))
    return Key(start, run.agent_id, run.model or "", run.status, run.error_type or "")


def by_cell(changes: Iterable[RunChange], times: Spans) -> dict[Key, CellChange]:
    """What happens to cells of hours of some times."""
    starts = set(Level.HOUR.starts(times))
    cells: defaultdict[Key, CellChange] = defaultdict(CellChange)
    for before, after in _net(changes):
        if before and (key := key_of(before)).start in starts:
            cells[key].gone.append(before)
        if after and (key := key_of(after)).start in starts:
            cells[key].added.append(after)
    return dict(cells)


def _net(changes: Iterable[RunChange]) -> Iterator[RunChange]:
    """One change of each run, which may have been changed twice: by a producer, and by spans."""
    runs: dict[str, RunChange] = {}
    for before, after in changes:
        for run in filter(None, (before or after,)):
            first, _ = runs.get(run.execution_id, (before, None))
            runs[run.execution_id] = (first, after)
    return (one for one in runs.values() if one[0] != one[1])


def new_users(changes: Iterable[CellChange]) -> set[str]:
    return {run.user_id for change in changes for run in change.added if run.user_id is not None}


def add(
    changes: Mapping[Key, CellChange], stored: Mapping[Key, Cell], hashes: Mapping[str, bytes]
) -> Outcome:
    """`hashes` are those of new users."""
    outcome = Outcome()
    with localcontext(EXACT):
        for key, change in changes.items():
            try:
                cell = _add(key, change, stored.get(key), hashes)
            except (UntoldError, NotCountedError):
                outcome.untold.add(key)
            else:
                _note(outcome, key, cell)
    return outcome


def _note(outcome: Outcome, key: Key, cell: Cell | None) -> None:
    if cell is None:
        outcome.empty.add(key)
    else:
        outcome.cells[key] = cell


def _add(
    key: Key, change: CellChange, stored: Cell | None, hashes: Mapping[str, bytes]
) -> Cell | None:
    """None if there are no runs left."""
    values = dict(zip(COLUMNS, stored, strict=True)) if stored else {}
    old = _condensed(values) if values else Condensed()
    new = changed(old, condense(change.added), condense(change.gone))
    if not new.executions:
        return None
    sketches = _users(change, values.get("users"), old.ids["user"], hashes)
    return _cell(key, new, _bins(change, values.get("duration_bins", b"")), sketches)


def _bins(change: CellChange, old: bytes) -> bytes:
    added, gone = durations_of(change.added), durations_of(change.gone)
    return recounted(old, added, gone) if added or gone else old


def _users(change: CellChange, old: bytes | None, count: int, hashes: Mapping[str, bytes]) -> bytes:
    added, gone = new_users([change]), _user_ids(change.gone)
    new = b"".join(hashes[user] for user in sorted(added))
    if old is None or count == len(gone):
        return users.merge((), new)
    if set(gone) - added:
        raise UntoldError("a user goes, who may have other runs")
    return users.merge((old,), new) if added else old


def _user_ids(runs: Sequence[Execution]) -> list[str]:
    return [run.user_id for run in runs if run.user_id is not None]


def _condensed(values: Mapping[str, Any]) -> Condensed:
    return Condensed(
        executions=values["executions"],
        numbers={name: _read(values, name) for name in FIELDS},
        grades=tuple(values[f"user_rating_{grade}"] for grade in GRADES),
        ids={name: values[f"{name}_known"] for name in IDS},
        last_started_at=values["last_started_at"],
    )


def _read(values: Mapping[str, Any], name: str) -> Numbers:
    if not values[f"{name}_known"]:
        return Numbers()
    read: Callable[[str], Number] = Decimal if name in DECIMALS else int
    numbers = [read(values[f"{name}_{what}"]) for what in Numbers._fields[1:]]
    return Numbers(values[f"{name}_known"], *numbers)


def _cell(key: Key, new: Condensed, bins: bytes, sketches: bytes) -> Cell:
    values = dict(BLANK)
    values |= zip(PLACE, (*KEPT, to_time(key.start), *key[1:]), strict=True)
    values |= {"executions": new.executions, key.status: new.executions}
    if key.error_type:
        values[f"errors_{key.error_type}"] = new.executions
    for name, numbers in (*new.numbers.items(), ("user_rating", new.ratings)):
        _write(values, name, numbers)
    values |= {f"user_rating_{grade}": n for grade, n in zip(GRADES, new.grades, strict=True)}
    values |= {f"{name}_known": n for name, n in new.ids.items()}
    values |= _of_status(key.status, values["duration_sum"])
    values |= {"last_started_at": new.last_started_at, "duration_bins": bins, "users": sketches}
    return tuple(values.values())


def _write(values: dict[str, Any], name: str, numbers: Numbers) -> None:
    if numbers.known:
        values[f"{name}_known"] = numbers.known
        for what, number in zip(Numbers._fields[1:], numbers[1:], strict=True):
            values[f"{name}_{what}"] = _text(number) if number is not None else None


def _text(number: Number) -> str:
    """As trim_scale() leaves it."""
    if isinstance(number, Decimal):
        return f"{number.normalize():f}" if number else "0"
    return str(number)


def _of_status(status: str, durations: str | None) -> dict[str, str | None]:
    is_decided = status in ("succeeded", "failed", "timed_out")
    return {
        "duration_sum_succeeded": durations if status == "succeeded" else None,
        "duration_sum_decided": durations if is_decided else None,
    }
