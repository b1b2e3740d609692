"""One attempt at sending what waits, and what became of it."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import grpc
from shadower.ingest.v1.record_result_pb2 import RECORD_OUTCOME_REJECTED

from shadower_client.calling import Caller
from shadower_client.errors import ShadowerError, of_status
from shadower_client.producing.buffer import Entry
from shadower_client.producing.facts import BY_FIELD
from shadower_client.producing.settings import ProducerSettings

LOG = logging.getLogger("shadower_client.producer")

FINAL = frozenset(
    {
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.OUT_OF_RANGE,
    }
)
"""What is said of the facts themselves, so that sending them again changes nothing."""


@dataclass(frozen=True)
class Delivered:
    """What became of facts that were sent."""

    sent: int
    rejected: int


@dataclass(frozen=True)
class Delivery:
    """Sends facts of one workspace and kind in one call."""

    caller: Caller
    settings: ProducerSettings

    def deliver(self, entries: Sequence[Entry]) -> Delivered:
        """Raises the error if they must be sent again."""
        kind = BY_FIELD[entries[0].kind]
        try:
            answer = self.caller.send(
                kind.method, kind.request(entries), self.settings.call_seconds
            )
        except ShadowerError as error:
            if error.code not in FINAL:
                raise
            rejected = [(entry, error) for entry in entries]
        else:
            rejected = [
                (entries[one.index], of_status(one.error))
                for one in answer.results
                if one.outcome == RECORD_OUTCOME_REJECTED
            ]
        for entry, why in rejected:
            self._tell(entry, why)
        return Delivered(len(entries) - len(rejected), len(rejected))

    def _tell(self, entry: Entry, error: ShadowerError) -> None:
        if self.settings.on_rejected:
            self.settings.on_rejected(BY_FIELD[entry.kind].fact(entry), error)
        else:
            LOG.warning("a fact was refused: %s", error)


def alike(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Runs of entries that go into one call. Their order stays: a run's end comes after its
    begin.
    """
    for _, some in groupby(entries, lambda entry: (entry.workspace, entry.kind)):
        yield list(some)
