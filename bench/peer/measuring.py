"""Ours and the peer's answers, uncached and cached, in turns."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlencode

from bench.peer.agreement import differences
from bench.peer.exchange import Caller
from bench.peer.load import OK, Subject, Target

WORKSPACE = "bench"
DAYS = timedelta(days=30)
ROUNDS = 3
SECONDS_PER_ROUND = 5.0
# Requests at fixed times come so long, or longer if they are few.
OPEN_SECONDS, MOST_OPEN_SECONDS = 5.0, 10.0
ENOUGH = 20
SHOWN = 5


@dataclass(frozen=True)
class Pair:
    """Ours and the peer, asked for the same."""

    ours: Subject
    peer: Subject

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.peer.rate

    @property
    def arrival_rate(self) -> float:
        """Half of what the slower one can bear."""
        return min(self.ours.rate, self.peer.rate) / 2

    @property
    def arrivals(self) -> int:
        """In a round."""
        seconds = min(MOST_OPEN_SECONDS, max(OPEN_SECONDS, ENOUGH / self.arrival_rate))
        return max(1, round(self.arrival_rate * seconds))

    async def measure(self) -> None:
        for _ in range(ROUNDS):
            for subject in (self.ours, self.peer):
                await subject.saturate(SECONDS_PER_ROUND)
        for subject in (self.ours, self.peer):
            if not subject.rate:
                sys.exit(f"{subject.name}: nothing was answered, {subject.failures} failed")
        for _ in range(ROUNDS):
            for subject in (self.ours, self.peer):
                await subject.arrive(self.arrival_rate, self.arrivals)


@dataclass
class Targets:
    """Paths of summaries that end at a moment, or ever earlier, so that none was asked before."""

    end: datetime
    turns: Iterator[int] = field(default_factory=lambda: count(1))

    def same(self) -> str:
        return self._path(self.end)

    def following(self) -> str:
        return self._path(self.end - next(self.turns) * timedelta(seconds=1))

    def _path(self, end: datetime) -> str:
        span = {"interval.startTime": _text(end - DAYS), "interval.endTime": _text(end)}
        return f"/v1/workspaces/{WORKSPACE}/summary?{urlencode(span)}"


async def measured(ours: Caller, peer: Caller, end: datetime) -> dict[str, Pair]:
    targets = Targets(end)
    await _check(ours, peer, targets.same())
    pairs = {
        "uncached": _pair(ours, peer, "never asked before", targets.following),
        "cached": _pair(ours, peer, "asked before", targets.same),
    }
    for pair in pairs.values():
        await pair.measure()
    return pairs


def _pair(ours: Caller, peer: Caller, name: str, target: Target) -> Pair:
    return Pair(Subject(f"ours, {name}", ours, target), Subject(f"peer, {name}", peer, target))


async def _check(ours: Caller, peer: Caller, target: str) -> None:
    """Exits unless they say the same."""
    replies = [await one.get(target) for one in (ours, peer)]
    if any(reply.status != OK for reply in replies):
        sys.exit("\n".join(f"{reply.status} {reply.body.decode()}" for reply in replies))
    found = list(differences(*(json.loads(reply.body) for reply in replies)))
    if found:
        sys.exit("\n".join(["The answers differ:", *found[:SHOWN]]))


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
