"""What may be set of a producer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict

from shadower_client.api.ingest import Event, Execution, MetricPoint
from shadower_client.errors import ShadowerError

Fact: TypeAlias = Execution | MetricPoint | Event
WhenFull: TypeAlias = Literal["wait", "refuse"]

LARGEST_BATCH_ITEMS = 1000
LARGEST_BATCH_BYTES = 4 * 1024 * 1024 - 64 * 1024
"""What the contract allows, less the request's own fields and the lengths of its items."""


@dataclass(frozen=True)
class ProducerSettings:
    """A batch is sent when it has so many items, or so many bytes, or when its oldest item is so
    old.
    """

    batch_items: int = 500
    batch_bytes: int = 1024 * 1024
    batch_seconds: float = 1.0
    max_items: int = 100_000
    """The most facts that wait to be sent."""
    max_bytes: int = 64 * 1024 * 1024
    """The most bytes that they have in protobuf encoding."""
    when_full: WhenFull = "wait"
    """Whether to wait for room, or to raise BufferFull at once. What is refused is not kept."""
    wait_seconds: float = 5.0
    """How long to wait for room before BufferFull is raised."""
    call_seconds: float = 10.0
    """How long one call may take."""
    longest_pause_seconds: float = 10.0
    """The longest pause between attempts, unless the server wants a longer one."""
    close_seconds: float = 10.0
    """How long closing waits for what is not sent."""
    on_rejected: Callable[[Fact, ShadowerError], None] | None = None
    """Told of each fact that the server refuses for good; else a warning is logged."""

    def __post_init__(self) -> None:
        if not 1 <= self.batch_items <= LARGEST_BATCH_ITEMS:
            raise ValueError(f"batch_items must be from 1 to {LARGEST_BATCH_ITEMS}")
        if not 1 <= self.batch_bytes <= LARGEST_BATCH_BYTES:
            raise ValueError(f"batch_bytes must be from 1 to {LARGEST_BATCH_BYTES}")
        if self.when_full not in ("wait", "refuse"):
            raise ValueError('when_full must be "wait" or "refuse"')


class ProducerOptions(TypedDict, total=False):
    """ProducerSettings, for those who make one by naming some."""

    batch_items: int
    batch_bytes: int
    batch_seconds: float
    max_items: int
    max_bytes: int
    when_full: WhenFull
    wait_seconds: float
    call_seconds: float
    longest_pause_seconds: float
    close_seconds: float
    on_rejected: Callable[[Fact, ShadowerError], None] | None


@dataclass(frozen=True)
class ProducerCounts:
    """taken + recovered = sent + rejected + dropped + waiting."""

    taken: int
    """Facts that record() has taken."""
    recovered: int
    """Facts of a producer before this one, found in the spool."""
    sent: int
    """Facts that the server has acknowledged: they are durable, and counted once."""
    rejected: int
    """Facts that the server refused for good."""
    dropped: int
    """Facts that were in memory when the producer was closed and nobody took them in time."""
    waiting: int
    """Facts that are not sent yet; of a closed producer, those that stay in the spool."""
    refused: int
    """Facts that record() did not take for lack of room; it said so by BufferFull."""
