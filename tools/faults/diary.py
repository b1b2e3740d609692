"""What the producers know, kept outside of the system that is judged by it."""

import asyncio
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from tools.faults.items import Item, by_kind

LOOK_AGAIN_SECONDS = 0.5


@dataclass
class Account:
    """Items of calls that were tried, and of calls that were answered."""

    tried: int = 0
    tried_invalid: int = 0
    answered: int = 0
    answered_invalid: int = 0


@dataclass
class Diary:
    """Two files: what was sent is written down before, what was acknowledged on the answer."""

    sent_file: Path
    acknowledged_file: Path
    _sent: TextIO
    _acknowledged: TextIO
    accounts: dict[tuple[str, str], Account] = field(default_factory=lambda: defaultdict(Account))
    acknowledged_items: int = 0
    retries: int = 0
    given_up: int = 0
    # What a producer must never be told, whatever dies.
    surprises: list[str] = field(default_factory=list)

    def send(self, workspace: str, items: Sequence[Item]) -> None:
        """Before the first try."""
        for item in _valid(items):
            _write(self._sent, workspace, item, item.content)
        self._sent.flush()

    def count_try(self, workspace: str, items: Sequence[Item]) -> None:
        for kind, alike in by_kind(items):
            account = self.accounts[workspace, kind]
            account.tried += len(alike)
            account.tried_invalid += len(alike) - len(_valid(alike))

    async def acknowledge(self, workspace: str, items: Sequence[Item]) -> None:
        """What it returns from would outlive a power failure."""
        for item in _valid(items):
            _write(self._acknowledged, workspace, item)
        self._acknowledged.flush()
        await asyncio.to_thread(os.fsync, self._acknowledged.fileno())
        self._count_answer(workspace, items)

    async def has_acknowledged(self, items: int) -> None:
        """Returns as soon as it has so many."""
        while self.acknowledged_items < items:  # noqa: ASYNC110 - few wait, and not for long
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _count_answer(self, workspace: str, items: Sequence[Item]) -> None:
        self.acknowledged_items += len(_valid(items))
        for kind, alike in by_kind(items):
            account = self.accounts[workspace, kind]
            account.answered += len(alike)
            account.answered_invalid += len(alike) - len(_valid(alike))


@contextmanager
def opened_diary(directory: Path) -> Iterator[Diary]:
    sent, acknowledged = directory / "sent.jsonl", directory / "acknowledged.jsonl"
    with sent.open("a") as first, acknowledged.open("a") as second:
        yield Diary(sent, acknowledged, first, second)


def _valid(items: Sequence[Item]) -> list[Item]:
    return [item for item in items if item.content is not None]


def _write(file: TextIO, workspace: str, item: Item, content: object = None) -> None:
    told = [item.kind, workspace, item.id, item.version, content]
    file.write(json.dumps(told) + "\n")
