"""One attempt at sending what waits, and what became of it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import grpc
from shadower.ingest.v1.record_result_pb2 import RECORD_OUTCOME_REJECTED, RecordResult

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
    """What became of facts that were sent: all but the rejected ones are durable."""

    entries: list[Entry]
    rejected: list[tuple[Entry, ShadowerError]]


@dataclass(frozen=True)
class Delivery:
    """Sends facts of one workspace and kind in one call."""

    caller: Caller
    settings: ProducerSettings

    def deliver(self, entries: list[Entry]) -> Delivered:
        """Raises the error if they must be sent again."""
        kind = BY_FIELD[entries[0].kind]
        request = kind.request(entries)
        try:
            answer = self.caller.send(kind.method, request, self.settings.call_seconds)
        except ShadowerError as error:
            if error.code not in FINAL:
                raise
            return Delivered(entries, [(entry, error) for entry in entries])
        return Delivered(entries, list(_rejected(entries, answer.results)))

    def tell(self, delivered: Delivered) -> None:
        """Of those that were rejected. The program's own function may raise anything."""
        for entry, error in delivered.rejected:
            if self.settings.on_rejected:
                self.settings.on_rejected(BY_FIELD[entry.kind].fact(entry), error)
            else:
                LOG.warning("a fact was refused: %s", error)


def _rejected(
    entries: Sequence[Entry], results: Iterable[RecordResult]
) -> Iterator[tuple[Entry, ShadowerError]]:
    for one in results:
        if one.outcome == RECORD_OUTCOME_REJECTED:
            yield entries[one.index], of_status(one.error)


def alike(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Runs of entries that go into one call. Their order stays: a run's end comes after its
    begin.
    """
    for _, some in groupby(entries, lambda entry: (entry.workspace, entry.kind)):
        yield list(some)
