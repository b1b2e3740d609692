"""How the cache does, by RPC: counters that only grow, ready to be exported."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What became of a question."""

    HIT = "hit"
    """Answered by the process tier at once."""
    CONFIRMED = "confirmed"
    """Answered by the process tier, after a look at the log of changes."""
    SHARED = "shared"
    """Answered by the shared tier."""
    JOINED = "joined"
    """Waited for what another question had set going."""
    CALCULATED = "calculated"
    """Calculated anew."""


class Event(Enum):
    """What else happens in a cache."""

    REFRESHED_EARLY = "refreshed_early"
    """A calculation began before its answer expired, so that nobody waits for it."""
    DROPPED = "dropped"
    """An answer was dropped because what it rests on has changed."""
    INVALIDATED = "invalidated"
    """An answer was dropped because it was forgotten, or may have been."""
    EVICTED = "evicted"
    """An answer was dropped to make room for others."""
    SHARED_TIER_FAILED = "shared_tier_failed"
    """The shared tier was down, slow, or answered with garbage."""


class SharedState(Enum):
    """Whether a process asks the shared tier."""

    NONE = "none"
    USED = "used"
    LEFT_ALONE = "left_alone"


@dataclass(frozen=True)
class Figures:
    """How a cache does at a moment."""

    methods: Mapping[str, Mapping[Outcome, int]]
    events: Mapping[Event, int]
    entries: int
    bytes: int
    under_way: int
    shared_state: SharedState


class Statistics:
    """Counters of one process, by RPC and outcome."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        """Apart from the others, since to hash an Enum takes a good part of a hit."""
        self._outcomes: Counter[tuple[str, Outcome]] = Counter()
        self._events: Counter[Event] = Counter()

    def count(self, method: str, outcome: Outcome) -> None:
        self._outcomes[method, outcome] += 1

    def note(self, event: Event, times: int = 1) -> None:
        if times:
            self._events[event] += times

    @property
    def outcomes(self) -> Mapping[tuple[str, Outcome], int]:
        """Copied in one step each: whoever exports them does so in a thread of its own."""
        outcomes, hits = dict(self._outcomes), dict(self.hits)
        return {**outcomes, **{(method, Outcome.HIT): times for method, times in hits.items()}}

    @property
    def events(self) -> Mapping[Event, int]:
        return dict(self._events)

    def by_method(self) -> Mapping[str, Mapping[Outcome, int]]:
        """How often each outcome was that of an RPC."""
        told: dict[str, dict[Outcome, int]] = {}
        for (method, outcome), times in self.outcomes.items():
            told.setdefault(method, {})[outcome] = times
        return told
