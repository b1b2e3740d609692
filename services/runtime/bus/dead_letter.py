"""What a reader of the log or of the bus could not handle, kept so that nothing is lost."""

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

# Letters whose workspace nobody can know lie here. Authorisation lets nobody record into it.
SYSTEM_WORKSPACE = "shadower-system"
WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Source(Enum):
    """Where a letter comes from."""

    LOG = "log"
    BUS = "bus"


@dataclass(frozen=True)
class DeadLetter:
    """A record as it was read, and why it was put aside."""

    workspace_id: str
    source: Source
    reason: str
    """A value of shadower.common.v1.ErrorReason without its prefix."""
    message: str
    payload: bytes
    position: int
    """Offset in Kafka's partition, or id in the outbox."""
    key: bytes | None = None
    topic: str = ""
    """Empty: the outbox in PostgreSQL."""
    partition: int | None = None
    group: str = ""
    """The group of subscribers that could not handle it."""
    attempts: int = 1

    @property
    def id(self) -> UUID:
        """The same for the same content that the same group puts aside for the same reason, however
        often it comes."""
        place = (self.source.value, self.group, self.topic, self.partition, self.key)
        digest = hashlib.sha256(repr((self.workspace_id, place, self.reason)).encode())
        digest.update(self.payload)
        return UUID(bytes=digest.digest()[:16], version=5)


def workspace_of_key(key: bytes | None) -> str:
    """The workspace that a Kafka record's key names; the system's if it names none."""
    name = (key or b"").decode("ascii", errors="replace")
    return name if WORKSPACE.fullmatch(name) else SYSTEM_WORKSPACE
