"""What the bus tells of changes."""

from datetime import datetime

from services.runtime.bus.event import BusEvent
from services.runtime.cache.change_log import Change

WORKSPACE_UPDATED = "workspace.updated"


def changes_told_by(event: BusEvent) -> list[Change]:
    """None of them if it is about something else."""
    if event.type != WORKSPACE_UPDATED:
        return []
    revision = int(event.data["revision"])
    return [
        Change(revision, _seconds(start), _seconds(end)) for start, end in event.data["touched"]
    ]


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()
