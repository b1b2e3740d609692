"""How many messages a target takes a minute: the generic cell rate algorithm. Pure."""

from datetime import datetime, timedelta

from shadower.notifications.v1.target_pb2 import Target

from services.notifications.definitions import kind_of

USUAL = {"webhook": 600, "pager_duty": 120}
USUAL_OF_OTHERS = 60
BURST = 20
MINUTE = timedelta(minutes=1)


class Pace:
    """Knows only when the next message would come if all came evenly."""

    def __init__(self, target: Target, paced_at: datetime) -> None:
        usual = USUAL.get(kind_of(target), USUAL_OF_OTHERS)
        self._each = MINUTE / (target.max_per_minute or usual)
        self.paced_at = paced_at

    def room(self, now: datetime) -> int:
        """How many messages may be sent now."""
        ahead = max(self.paced_at - now, timedelta(0))
        return max(BURST - int(-(-ahead // self._each)), 0)

    def take(self, now: datetime, number: int) -> None:
        self.paced_at = max(self.paced_at, now) + number * self._each

    def wait(self, now: datetime) -> timedelta:
        """Until there is room for one."""
        return max(self.paced_at - (BURST - 1) * self._each - now, timedelta(0))
