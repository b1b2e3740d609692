"""Keys that were looked for in vain, so that the same forged one costs no look twice."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

SECONDS = 10.0
MOST_REMEMBERED = 10_000


class Unknown:
    """Of the last seconds. What is found nowhere now is no secret that was told already: nobody
    hears of a key or secret before it is there, and so none is refused for having been asked early.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until: OrderedDict[Hashable, float] = OrderedDict()

    def has(self, *names: Hashable) -> bool:
        now = self._clock()
        return any(self._until.get(name, now) > now for name in names)

    def note(self, name: Hashable) -> None:
        self._until[name] = self._clock() + SECONDS
        self._until.move_to_end(name)
        if len(self._until) > MOST_REMEMBERED:
            self._until.popitem(last=False)
