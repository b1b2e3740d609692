"""Entries of one partition that are written together."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from services.ingest.writer.decoding import decode
from services.ingest.writer.letters import conflicts, unreadable
from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.faults import InvalidArgument
from services.warehouse.facts.model import FactKind
from services.warehouse.facts.positions import Advance
from services.warehouse.facts.recorder import Batch, BatchRecorded

# About what two thousand executions take; a larger transaction is not faster any more.
PORTION_BYTES = 256 * 1024


@dataclass(frozen=True)
class Portion:
    """Entries, each a batch, and the position from which they start. One that could not be read is
    a letter beside it, and in its batch one thing refused."""

    entries: Sequence[Any]
    before: int
    batches: Sequence[tuple[Any, Batch]]
    letters: Sequence[DeadLetter]

    @property
    def after(self) -> int:
        return int(self.entries[-1].offset) + 1

    @property
    def advance(self) -> Advance:
        first = self.entries[0]
        return Advance(first.topic, first.partition, self.before, self.after)

    def letters_given(self, recorded: Sequence[BatchRecorded]) -> list[DeadLetter]:
        """Those of what cannot be read, and of what contradicts what is stored."""
        contradicting = [
            letter
            for (entry, _), outcome in zip(self.batches, recorded, strict=True)
            for letter in conflicts(entry, outcome)
        ]
        return [*self.letters, *contradicting]


async def portion_of(entries: Sequence[Any], before: int) -> Portion:
    """Lets others go on between one entry and the next."""
    batches, letters = [], []
    for entry in entries:
        await asyncio.sleep(0)
        try:
            batches.append((entry, decode(entry)))
        except InvalidArgument as why:
            letters.append(letter := unreadable(entry, why))
            batches.append((entry, Batch(letter.workspace_id, {}, {FactKind.UNREADABLE: 1})))
    return Portion(entries, before, batches, letters)


def refused_whole(batch: Batch) -> Batch:
    """The same, nothing of which can be stored."""
    refused = Counter(batch.refused)
    refused.update({kind: len(facts) for kind, facts in batch.facts.items()})
    return Batch(batch.workspace_id, {}, refused)


def portions(entries: Sequence[Any]) -> Iterator[list[Any]]:
    """Entries in their order, as many at once as are worth a transaction."""
    portion: list[Any] = []
    size = 0
    for entry in entries:
        portion.append(entry)
        size += len(entry.value or b"")
        if size >= PORTION_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
