"""What becomes of each table when a user or a workspace is erased.

A table that is missing here fails a test: whoever adds one says what it may tell of a user.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from services.warehouse.erasure.naming import Says


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
    """`says` are the columns that can tell of a user, and how: no other is ever touched. `blanks`
    is what the user's own rows have in place of what anybody may have written there."""

    of_user: OfUser
    of_workspace: OfWorkspace = OfWorkspace.DELETED
    says: Mapping[str, Says] = field(default_factory=dict)
    blanks: Mapping[str, Any] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    """The columns of words that cannot: names of what is no user, and words of ours."""


def _renamed(silent: str = "", blanks: Mapping[str, Any] | None = None, **says: Says) -> Entry:
    return Entry(OfUser.RENAMED, says=says, blanks=blanks or {}, silent=frozenset(silent.split()))


KEPT = Entry(OfUser.KEPT, OfWorkspace.KEPT)
NAMELESS = Entry(OfUser.NAMELESS)
ELSEWHERE = Entry(OfUser.ELSEWHERE)
# Of the workspace "shadower-system", which nobody erases.
OF_THE_SYSTEM = Entry(OfUser.NAMELESS, OfWorkspace.KEPT)

# In the order in which they are gone through: spans before the runs that follow from them, and
# what lets somebody in before all that could come in.
CATALOGUE: Mapping[str, Entry] = MappingProxyType(
    {
        "api_key_secrets": NAMELESS,
        "api_keys": _renamed("api_key_id permissions", display_name=Says.TEXT, created_by=Says.ID),
        "spans": _renamed(
            "span_id parent_span_id error_type service_name agent_id agent_version provider"
            " request_model response_model response_id finish_reasons tool_name tool_type"
            " tool_call_id price_version",
            {"error_message": None, "conversation_id": None, "name": None},
            trace_id=Says.ID,
            name=Says.TEXT,
            error_message=Says.TEXT,
            agent_name=Says.TEXT,
            user_id=Says.ID,
            conversation_id=Says.ID,
        ),
        "executions": _renamed(
            "agent_id agent_version model provider",
            {"error_message": None, "conversation_id": None, "metadata": {}},
            execution_id=Says.ID,
            agent_name=Says.TEXT,
            user_id=Says.ID,
            parent_execution_id=Says.ID,
            conversation_id=Says.ID,
            error_message=Says.TEXT,
            metadata=Says.VALUES,
        ),
        "execution_keys": _renamed(execution_id=Says.ID),
        "events": _renamed(
            "type",
            {"correlation_id": None, "data": {}, "metadata": {}},
            event_id=Says.ID,
            user_id=Says.ID,
            correlation_id=Says.ID,
            data=Says.VALUES,
            metadata=Says.VALUES,
        ),
        "metric_points": _renamed("metric_type", point_id=Says.ID, tags=Says.VALUES),
        "dead_letters": Entry(OfUser.DELETED),
        "dead_letter_drops": _renamed(dropped_by=Says.ID, reason=Says.TEXT),
        "alert_silences": _renamed(
            "silence_id rule_ids",
            group_labels=Says.LABELS,
            reason=Says.TEXT,
            created_by=Says.ID,
        ),
        "alert_rules": _renamed(
            "rule_id failure_reason", definition=Says.FIELDS, updated_by=Says.ID
        ),
        "alert_transitions": _renamed("change", subject=Says.ID, note=Says.NOTE),
        "alerts": _renamed(
            "rule_id state",
            rule_name=Says.TEXT,
            group_key=Says.GROUP_KEY,
            group_labels=Says.LABELS,
            acknowledged_by=Says.ID,
            resolved_by=Says.ID,
        ),
        "outbox": _renamed("type only_group traceparent", correlation_id=Says.ID, data=Says.FIELDS),
        "notification_attempts": _renamed(error=Says.TEXT, response=Says.TEXT),
        # Its subject is what is told of, such as an alert.
        "notification_deliveries": _renamed(
            "target_id event_type subject state",
            data=Says.FIELDS,
            remaining=Says.ID,
            refused=Says.ID,
            error=Says.TEXT,
        ),
        "notification_lanes": NAMELESS,
        "notification_targets": _renamed("target_id", definition=Says.FIELDS, updated_by=Says.ID),
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
