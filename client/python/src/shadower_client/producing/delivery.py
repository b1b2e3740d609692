"""One attempt at sending what waits, and what became of it."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby

from shadower.ingest.v1.record_result_pb2 import RECORD_OUTCOME_REJECTED, RecordResult

from shadower_client.calling import Caller
from shadower_client.errors import ShadowerError, of_status
from shadower_client.producing.buffer import Entry
from shadower_client.producing.facts import BY_FIELD
from shadower_client.producing.settings import ProducerSettings

LOG = logging.getLogger("shadower_client.producer")


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
            if not _is_of_facts(error, kind.field):
                raise
            return Delivered(entries, list(_refused(entries, kind.field, error)))
        return Delivered(entries, list(_rejected(entries, answer.results)))

    def tell(self, delivered: Delivered) -> None:
        """Of those that were rejected: each of them, though the program's own function may raise
        anything.
        """
        for entry, error in delivered.rejected:
            try:
                self._tell(entry, error)
            except Exception:
                LOG.exception("a fact was refused, and could not be handed back: %s", error)

    def _tell(self, entry: Entry, error: ShadowerError) -> None:
        if self.settings.on_rejected:
            self.settings.on_rejected(BY_FIELD[entry.kind].fact(entry), error)
        else:
            LOG.warning("a fact was refused: %s", error)


def _is_of_facts(error: ShadowerError, field: str) -> bool:
    """Whether a call failed for what its facts are, so that sending them again changes nothing.
    What is wrong with the rest of it, such as the workspace, is not the facts' fault.
    """
    return bool(error.violations) and all(
        one.field.startswith(f"{field}[") for one in error.violations
    )


def _refused(
    entries: Sequence[Entry], field: str, error: ShadowerError
) -> Iterator[tuple[Entry, ShadowerError]]:
    """Of a call in which no fact was valid, each with what is said of it. If there are many, the
    server does not say it of all.
    """
    for index, entry in enumerate(entries):
        yield entry, _narrowed(error, f"{field}[{index}]")


def _narrowed(error: ShadowerError, path: str) -> ShadowerError:
    own = copy(error)
    own.violations = tuple(one for one in error.violations if one.field.startswith(path))
    if own.violations != error.violations:
        said = "; ".join(f"{one.field}: {one.description}" for one in own.violations)
        own.message = said or f"{path} was refused with all of its call; others are explained"
    return own


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
