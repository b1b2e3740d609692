"""From when on a workspace has and takes facts and cells. What lies before is gone, or is going."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from services.warehouse.facts.model import FactKind

# So long a run counts as under way: profiles of a time need the runs from before it.
UNDER_WAY = timedelta(days=1)


@dataclass(frozen=True)
class Horizon:
    """None: from the beginning. Runs stand for their spans, too; hours for all cells of up to a
    quarter of a day, and days for those of weeks."""

    runs_from: datetime | None = None
    points_from: datetime | None = None
    events_from: datetime | None = None
    hours_from: datetime | None = None
    days_from: datetime | None = None

    def of(self, kind: FactKind) -> datetime | None:
        """Before that, no fact of the kind is taken any more."""
        match kind:
            case FactKind.METRIC_POINT:
                return self.points_from
            case FactKind.EVENT:
                return self.events_from
            case _:
                return self.runs_from

    @property
    def runs_gone(self) -> datetime | None:
        """Before that, runs and spans may be gone."""
        return None if self.runs_from is None else self.runs_from - UNDER_WAY


def horizon_of(row: Any) -> Horizon:
    """From a row of the workspace."""
    return Horizon(**{field.name: row[field.name] for field in fields(Horizon)})


class BeyondHorizonError(Exception):
    """A transaction was about to change what is not changed any more; nothing of it is done."""

    def __init__(self, workspace_id: str, horizon: Horizon) -> None:
        super().__init__(f"{workspace_id} takes no facts from before {horizon}")
        self.workspace_id = workspace_id
        self.horizon = horizon


def lies_before(times: Iterable[datetime], bound: datetime | None) -> bool:
    """Whether any does."""
    return bound is not None and any(time < bound for time in times)
