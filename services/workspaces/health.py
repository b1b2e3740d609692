"""Engagement and health of a workspace. The formulas stand in the contract. Pure."""

from dataclasses import asdict, dataclass

from services.warehouse.queries.workspace import ActiveUsers

WEIGHTS = {"success": 0.30, "activity": 0.25, "engagement": 0.25, "efficiency": 0.20}
MEDIUM_STICKINESS = 0.2
HIGH_STICKINESS = 0.5


@dataclass(frozen=True)
class Health:
    """The parts of a health score; None is: not known."""

    success: float | None
    activity: float | None
    engagement: float | None
    efficiency: float | None

    @property
    def score(self) -> float | None:
        """The weighted mean of the known parts; None if there is none."""
        parts = asdict(self)
        known: dict[str, float] = {k: v for k, v in parts.items() if v is not None}
        if not known:
            return None
        weight = sum(WEIGHTS[name] for name in known)
        return sum(WEIGHTS[name] * value for name, value in known.items()) / weight


def stickiness(users: ActiveUsers) -> float | None:
    return users.daily / users.monthly if users.monthly else None


def activity(days_with_runs: int, days: int) -> float | None:
    """None where nothing ran at all: an unused workspace is not an ill one."""
    return days_with_runs / days if days_with_runs else None
