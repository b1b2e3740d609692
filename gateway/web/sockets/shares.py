"""Who has how many of what all share."""

from collections import Counter

from services.runtime.faults import RETRY_DELAY, ResourceExhausted


class Shares:
    """Counts what each holder has. None holds what belongs to nobody yet."""

    def __init__(self) -> None:
        self._held: Counter[str | None] = Counter()

    def check(self, holder: str | None, limit: int) -> None:
        """Raises ResourceExhausted if the holder has so many."""
        refuse_from(limit, self._held[holder])

    def take(self, holder: str | None) -> None:
        self._held[holder] += 1

    def give_back(self, holder: str | None) -> None:
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]


def refuse_from(limit: int, found: int) -> None:
    """Raises ResourceExhausted."""
    if found >= limit:
        raise ResourceExhausted(
            "SERVER_BUSY",
            f"the server has as many as it takes: {limit}",
            metadata={"limit": str(limit)},
            retry_after=RETRY_DELAY,
        )
