"""What streams told, beside what was recorded."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass
class Told:
    """What one stream told: counts of runs, each with the moment at which it came."""

    kind: str
    workspace: int
    counts: list[tuple[float, int]] = field(default_factory=list)
    end: str = ""
    """Why it ended before it was to end."""

    @property
    def is_opened(self) -> bool:
        return bool(self.counts)

    @property
    def is_dropped(self) -> bool:
        return self.is_opened and bool(self.end)

    def note(self, moment: float, count: int) -> None:
        if not self.counts or count > self.counts[-1][1]:
            self.counts.append((moment, count))


@dataclass
class Findings:
    """Moments are those of time.monotonic(), which all processes of a machine share."""

    streams: Sequence[Told]
    sent: Sequence[Sequence[float]]
    """By workspace: when its runs were sent, from the second one."""
    ended_at: float
    opening_seconds: float
    updates_per_second: float
    memory: Mapping[str, int]
    cpu: Mapping[str, float]
    slow: Sequence[str]
    acknowledged: Sequence[float]
    """After how many seconds each update was."""

    @property
    def workspaces(self) -> int:
        return len(self.sent)

    @property
    def told_per_second(self) -> float:
        """While the workspaces changed."""
        seconds = sum(map(len, self.sent)) / self.updates_per_second
        began = min(moments[0] for moments in self.sent)
        moments = (moment for one in self.streams for moment, _ in one.counts)
        return sum(began <= moment < began + seconds for moment in moments) / seconds

    def late(self, kind: str = "") -> list[float]:
        """By how much, of each update of each stream."""
        return [s for one in self._of(kind) for s in _late(one, self._sent(one), self.ended_at)]

    def never_current(self, kind: str = "") -> int:
        """Updates of streams that these had not told at the end."""
        return sum(len(self._sent(one)) - max(0, one.counts[-1][1] - 1) for one in self._of(kind))

    def reasons(self) -> list[str]:
        counted = Counter((one.kind, one.end) for one in self.streams if one.end)
        return [f"{kind}: {number} x {why}" for (kind, why), number in counted.most_common(8)]

    def _of(self, kind: str) -> list[Told]:
        return [one for one in self.streams if one.is_opened and kind in ("", one.kind)]

    def _sent(self, one: Told) -> Sequence[float]:
        return self.sent[one.workspace]


def _late(one: Told, sent: Sequence[float], ended_at: float) -> list[float]:
    """The run that was there before the stream is the first one, which nobody waits for."""
    late = []
    remaining = iter(one.counts)
    moment, count = next(remaining)
    for number, began in enumerate(sent, start=2):
        while count < number:
            moment, count = next(remaining, (ended_at, len(sent) + 1))
        late.append(moment - began)
    return late
