"""Budgets of requests: whom they are for, and what holds where nobody has set one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

MINUTE, HOUR = 60, 3600
OTHER = "other"
INGESTION = "ingestion"


class Scope(StrEnum):
    """Whom a budget is for."""

    WORKSPACE = "workspace"
    USER = "user"
    API_KEY = "api_key"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many requests in any time of so many seconds."""

    amount: int
    seconds: int


DEFAULTS: Mapping[str, Limit] = MappingProxyType(
    {
        "analytics": Limit(100, MINUTE),
        "dashboards": Limit(200, MINUTE),
        "reports": Limit(10, MINUTE),
        "exports": Limit(5, HOUR),
        "administration": Limit(50, MINUTE),
        INGESTION: Limit(60_000, MINUTE),
        OTHER: Limit(1_000, HOUR),
    }
)
"""By class, whatever the scope."""


@dataclass(frozen=True, slots=True)
class Budget:
    """One that a request is charged to."""

    workspace_id: str
    """Empty: that of a caller outside of all workspaces of his token."""
    scope: Scope
    subject: str
    """Empty if it is the workspace's."""
    limit_class: str
    limit: Limit
