"""What becomes of each table when a user or a workspace is erased.

A table that is missing here fails a test: whoever adds one says what it may tell of a user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any


class OfUser(Enum):
    """What becomes of rows that name the user."""

    RENAMED = "renamed"
    """Another name takes the place of the id, in keys as well."""
    DELETED = "deleted"
    """Their content cannot be rewritten."""
    MADE_ANEW = "made anew"
    """Cells: they are rolled up again, or rewritten where that cannot be."""
    ELSEWHERE = "elsewhere"
    """The service that keeps it erases it, with what it has outside of the database."""
    KEPT = "kept"
    """The law wants it, or nobody is named there but who did something."""
    NAMELESS = "nameless"
    """Nothing in it can name a user."""


class OfWorkspace(Enum):
    """What becomes of all rows."""

    DELETED = "deleted"
    KEPT = "kept"


@dataclass(frozen=True)
class Entry:
    """`blanks` is what the user's own rows have in place of what anybody may have written there."""

    of_user: OfUser
    of_workspace: OfWorkspace = OfWorkspace.DELETED
    blanks: Mapping[str, Any] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()
    """Columns of names that are not of users."""


KEPT = Entry(OfUser.KEPT, OfWorkspace.KEPT)
NAMELESS = Entry(OfUser.NAMELESS)
RENAMED = Entry(OfUser.RENAMED)
ELSEWHERE = Entry(OfUser.ELSEWHERE)
# By these ids rules find them, and their secrets are sealed for them.
OF_TARGETS = Entry(OfUser.RENAMED, fixed=frozenset({"target_id"}))
# Of the workspace "shadower-system", which nobody erases.
OF_THE_SYSTEM = Entry(OfUser.NAMELESS, OfWorkspace.KEPT)

# In the order in which they are gone through: spans before the runs that follow from them, and
# what lets somebody in before all that could come in.
CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        "api_key_secrets": NAMELESS,
        "api_keys": RENAMED,
        "spans": Entry(
            OfUser.RENAMED, blanks={"error_message": None, "conversation_id": None, "name": None}
        ),
        "executions": Entry(
            OfUser.RENAMED, blanks={"error_message": None, "conversation_id": None, "metadata": {}}
        ),
        "execution_keys": RENAMED,
        "events": Entry(
            OfUser.RENAMED, blanks={"correlation_id": None, "data": {}, "metadata": {}}
        ),
        "metric_points": Entry(OfUser.RENAMED, fixed=frozenset({"metric_type"})),
        "dead_letters": Entry(OfUser.DELETED),
        "alert_silences": RENAMED,
        "alert_rules": RENAMED,
        "alert_transitions": RENAMED,
        "alerts": RENAMED,
        "outbox": RENAMED,
        "notification_attempts": RENAMED,
        "notification_deliveries": OF_TARGETS,
        "notification_lanes": NAMELESS,
        "notification_targets": OF_TARGETS,
        "report_links": ELSEWHERE,
        "reports": ELSEWHERE,
        "report_definitions": ELSEWHERE,
        "execution_cells": Entry(OfUser.MADE_ANEW),
        "agent_profiles": Entry(OfUser.MADE_ANEW),
        "point_cells": NAMELESS,
        "rollups": NAMELESS,
        "workspace_changes": NAMELESS,
        "ledger": NAMELESS,
        "limits": NAMELESS,
        "quotas": NAMELESS,
        "quota_notices": NAMELESS,
        "retention_settings": Entry(OfUser.KEPT),
        # Whoever was locked out stays so until the tokens expire, when these are forgotten.
        "revoked_tokens": KEPT,
        # Who did what is kept for as long as retention says.
        "audit_entries": KEPT,
        # The receipts.
        "erasures": KEPT,
        "schedule_leases": OF_THE_SYSTEM,
        "scheduled_jobs": OF_THE_SYSTEM,
        "job_runs": OF_THE_SYSTEM,
        "service_checks": OF_THE_SYSTEM,
        # Last of all: by it the workspace is known.
        "workspaces": NAMELESS,
    }
)


def tables_of_user() -> list[str]:
    """Those that are gone through, in order, but for cells."""
    return [
        name
        for name, entry in CATALOGUE.items()
        if entry.of_user in (OfUser.RENAMED, OfUser.DELETED)
    ]


def tables_of_workspace() -> list[str]:
    return [name for name, entry in CATALOGUE.items() if entry.of_workspace is OfWorkspace.DELETED]
