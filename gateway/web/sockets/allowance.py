"""How much a client may do in a time."""

from time import monotonic


class Allowance:
    """So many at once, and as many again each second."""

    def __init__(self, per_second: int) -> None:
        self._most = float(per_second)
        self._left = self._most
        self._at = monotonic()

    def take(self) -> bool:
        """False if it is used up."""
        now = monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._most)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
