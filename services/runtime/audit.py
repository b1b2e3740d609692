"""What is written down of administrative and denied calls."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class AuditEntry:
    """A call, or as many denied ones as it says."""

    workspace_id: str
    occurred_at: datetime
    entry_id: UUID
    subject: str
    token_id: str
    rpc: str
    code: int
    reason: str
    request_id: str
    facts: Mapping[str, str]
    calls: int = 1
    is_of_stranger: bool = False
    """The caller's word alone says that there is such a workspace."""


class RefusedEntryError(Exception):
    """There is an entry that the log will never take: a defect of ours, no retry would help."""


WriteAudit = Callable[[Sequence[AuditEntry]], Awaitable[None]]
"""When it returns they are durable, but for those of strangers about what does not exist. To write
an entry again is safe. Raises a Fault, or RefusedEntryError; none is written then."""
