"""What was found about windows and groups. Pure."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.warehouse.queries.interval import Interval

Values = dict[str, float | None]


def key_of(labels: Mapping[str, str]) -> str:
    """What tells a group from all others, in few characters."""
    text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


EVERYTHING = key_of({})
"""The group of a rule without groups."""


@dataclass
class Observations:
    """Values by window and group. A group without facts in a window has none in it."""

    counts: bool
    """Whether no facts are a value of zero."""
    is_grouped: bool
    values: dict[Interval, Values] = field(default_factory=lambda: defaultdict(dict))
    labels: dict[str, Mapping[str, str]] = field(default_factory=lambda: {EVERYTHING: {}})
    gone: set[Interval] = field(default_factory=set)
    """Windows whose facts are not kept any more: nobody knows whether there were any."""

    def add(self, window: Interval, labels: Mapping[str, str], value: float | None) -> None:
        key = key_of(labels)
        self.labels[key] = labels
        self.values[window][key] = value

    def value(self, window: Interval, key: str) -> float | None:
        found = self.values.get(window, {}).get(key)
        is_zero = found is None and self.counts and window not in self.gone
        return 0.0 if is_zero else found

    def is_there(self, window: Interval, key: str) -> bool:
        """Whether there is anything: a count of zero is nothing."""
        found = self.value(window, key)
        return found is not None and (found != 0 or not self.counts)

    def known(self, windows: Iterable[Interval], key: str) -> list[float]:
        """The values that there are, in the order of the windows."""
        values = (self.value(window, key) for window in windows)
        return [value for value in values if value is not None]

    def groups(self, windows: Iterable[Interval]) -> set[str]:
        """Those that have facts; without groups, the one that there always is."""
        if not self.is_grouped:
            return {EVERYTHING}
        return {key for window in windows for key in self.values.get(window, ())}
