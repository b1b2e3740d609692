"""What a process must have of who may come in, from wherever that is kept."""

from dataclasses import dataclass, field

from services.runtime.audit import WriteAudit
from services.runtime.revocations import OpenRevocations, Revocations


@dataclass(frozen=True)
class Access:
    """Its `__main__` says from where."""

    opened: OpenRevocations
    audit: WriteAudit
    revocations: Revocations = field(default_factory=Revocations)
    """Those that are known, once it serves."""
