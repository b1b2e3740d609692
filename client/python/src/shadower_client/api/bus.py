"""Of shadower.bus.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from shadower.bus.v1 import dead_letters_service_pb2

from shadower_client.api import (
    common,
    ingest,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.errors import ShadowerError
from shadower_client.frames import Table
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.bus.v1.DeadLetterSource")
class DeadLetterSource(OpenEnum):
    """Where a dead letter comes from."""

    UNSPECIFIED = 0
    """Not set; never sent. In a request: every source."""
    LOG = 1
    """The log between ingestion and the writer."""
    BUS = 2
    """The event bus."""


@named("shadower.bus.v1.DeadLetterState")
class DeadLetterState(OpenEnum):
    """What has become of a dead letter."""

    UNSPECIFIED = 0
    """Not set; never sent. In a request: every state."""
    OPEN = 1
    """Nobody has dealt with it, or it has come again since."""
    REPLAYED = 2
    """It was handed over once more; also if it had been dropped before."""
    DROPPED = 3
    """Somebody decided that it will not be handed over. It is kept as it is, and can still be
    replayed.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter(Message):
    """A record that a reader of the log or of the bus could not handle, kept as it was read;
    of an entry of the log that contradicts in part, that part. The reader has gone on
    without it, and nothing of it has taken effect.
    """

    PROTO: ClassVar[str] = "shadower.bus.v1.DeadLetter"
    dead_letter_id: str = ""
    """Its UUID."""
    source: DeadLetterSource = DeadLetterSource.UNSPECIFIED
    """Where it comes from."""
    group: str = ""
    """The group of subscribers that could not handle it; "writer" for the log."""
    topic: str = ""
    """The topic that it was read from; empty if from the outbox in the database."""
    partition: int | None = None
    """The topic's partition, from 0; absent for the outbox."""
    position: int = 0
    """Its offset in the partition, from 0, or its number in the outbox."""
    reason: common.ErrorReason = common.ErrorReason.UNSPECIFIED
    """Why it was put aside."""
    message: str = ""
    """The same in words."""
    attempts: int = 0
    """How often it was tried, at least once."""
    fail_time: datetime | None = None
    """When it was first put aside."""
    replay_time: datetime | None = None
    """When it was last replayed; absent if never."""
    payload_bytes: int = 0
    """Length of the record in bytes."""
    occurrences: int = 0
    """How often it came, at least once: the same content under the same key, put aside by the
    same group for the same reason. Position and message are those of the last time. One
    that comes again after a replay counts as not replayed.
    """
    last_fail_time: datetime | None = None
    """When it came last; fail_time is when it came first."""
    state: DeadLetterState = DeadLetterState.UNSPECIFIED
    """What has become of it."""
    drop: DeadLetterDrop | None = None
    """How it was last dropped; absent if never. That stays when it is replayed or comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterDrop(Message):
    """That somebody decided not to hand a record over."""

    PROTO: ClassVar[str] = "shadower.bus.v1.DeadLetterDrop"
    drop_time: datetime | None = None
    """When."""
    dropped_by: str = ""
    """Who: the subject of the token, or the API key."""
    reason: str = ""
    """Why, in the words of whoever dropped it."""
    occurrences: int = 0
    """How often the record had come by then, at least once. Of a letter that has come more
    often since, nobody decided that; it is open.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterContent(Message):
    """A record as it was read."""

    PROTO: ClassVar[str] = "shadower.bus.v1.DeadLetterContent"
    key: bytes = b""
    """Its key in the topic; empty if it has none."""
    payload: bytes = b""
    """The first 64 KiB of it."""
    decoded: str = ""
    """The whole of it as JSON text, cut after 65,536 characters; empty if it cannot be
    decoded.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeadLettersResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.bus.v1.ListDeadLettersResponse"
    ITEMS: ClassVar[str] = "dead_letters"
    dead_letters: tuple[DeadLetter, ...] = ()
    """Letters, the latest first."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""
    as_of: datetime
    """Everything committed by this moment is listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDeadLetterResponse(Message):
    """The letter."""

    PROTO: ClassVar[str] = "shadower.bus.v1.GetDeadLetterResponse"
    dead_letter: DeadLetter
    """What is known of it."""
    content: DeadLetterContent
    """The record itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDeadLettersResponse(Message, Table):
    """What became of the letters."""

    PROTO: ClassVar[str] = "shadower.bus.v1.ReplayDeadLettersResponse"
    ITEMS: ClassVar[str] = "results"
    results: tuple[ReplayResult, ...] = ()
    """A result for each id, in the order of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult(Message):
    """What became of one letter."""

    PROTO: ClassVar[str] = "shadower.bus.v1.ReplayResult"
    dead_letter_id: str = ""
    """The letter's UUID."""
    replay_time: datetime | None = None
    """When it was handed over; absent if it was not."""
    error: ShadowerError | None = None
    """Why it was not: NOT_FOUND with DEAD_LETTER_NOT_FOUND, UNAVAILABLE with LOG_UNAVAILABLE
    where a record of the log has no log to go to, or INVALID_ARGUMENT with RECORD_MALFORMED
    or SCHEMA_VERSION_UNKNOWN for a message of the bus that still cannot be read.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DropDeadLettersResponse(Message, Table):
    """What became of the letters."""

    PROTO: ClassVar[str] = "shadower.bus.v1.DropDeadLettersResponse"
    ITEMS: ClassVar[str] = "results"
    results: tuple[DropResult, ...] = ()
    """A result for each id, in the order of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropResult(Message):
    """What became of one letter."""

    PROTO: ClassVar[str] = "shadower.bus.v1.DropResult"
    dead_letter_id: str = ""
    """The letter's UUID."""
    drop: DeadLetterDrop | None = None
    """How it is dropped: by this request, or by an earlier one. Absent if it is not."""
    error: ShadowerError | None = None
    """Why it is not: NOT_FOUND with DEAD_LETTER_NOT_FOUND, or ALREADY_EXISTS with
    DEAD_LETTER_REPLAYED.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Message):
    """One message of the event bus: something that happened, told to every group of
    subscribers at least once. The bus's key is the workspace_id, and every group is told of
    a workspace in the same order: that in which transactions began to write. Where the
    order of their commits matters, data says it. A reader ignores fields that it does not
    know. A change that an old reader must not ignore raises schema_version; a reader puts
    what is newer than itself to the dead letters.
    """

    PROTO: ClassVar[str] = "shadower.bus.v1.Envelope"
    schema_version: int = 0
    """The version of the schema that a reader must know: 1."""
    id: str = ""
    """A UUID. The same event has the same id however often it is told, which is what lets a
    handler tell a repetition from news.
    """
    type: ingest.EventType = ingest.EventType.UNSPECIFIED
    """What kind of thing happened."""
    workspace_id: str = ""
    """The workspace in which it happened; the same as the key."""
    create_time: datetime | None = None
    """When it was written down, to the microsecond."""
    correlation_id: str = ""
    """What ties it to other events and to calls; empty if nothing does."""
    data: Mapping[str, Any] | None = None
    """The event's own content, at most 256 KiB as JSON. WORKSPACE_CREATED and
    WORKSPACE_UPDATED have "revision", the number of the change, and "touched", the spans of
    time whose facts changed, as pairs of RFC 3339 timestamps of which the second is not in
    the span.
    """
    group: str = ""
    """For this group only: a dead letter of it that is replayed. Empty: for all."""


LIST_DEAD_LETTERS = Method(
    "/shadower.bus.v1.DeadLettersService/ListDeadLetters",
    dead_letters_service_pb2.ListDeadLettersRequest,
    dead_letters_service_pb2.ListDeadLettersResponse,
    ListDeadLettersResponse,
    is_idempotent=True,
)

GET_DEAD_LETTER = Method(
    "/shadower.bus.v1.DeadLettersService/GetDeadLetter",
    dead_letters_service_pb2.GetDeadLetterRequest,
    dead_letters_service_pb2.GetDeadLetterResponse,
    GetDeadLetterResponse,
    is_idempotent=True,
)

REPLAY_DEAD_LETTERS = Method(
    "/shadower.bus.v1.DeadLettersService/ReplayDeadLetters",
    dead_letters_service_pb2.ReplayDeadLettersRequest,
    dead_letters_service_pb2.ReplayDeadLettersResponse,
    ReplayDeadLettersResponse,
    is_idempotent=True,
)

DROP_DEAD_LETTERS = Method(
    "/shadower.bus.v1.DeadLettersService/DropDeadLetters",
    dead_letters_service_pb2.DropDeadLettersRequest,
    dead_letters_service_pb2.DropDeadLettersResponse,
    DropDeadLettersResponse,
    is_idempotent=True,
)


class DeadLettersApi:
    """Shows what could not be handled, and hands it over once more. Letters lie in the
    workspace of the record. Those whose workspace cannot be known lie in the reserved
    workspace "shadower-system", for which an operator takes a token.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list_dead_letters(
        self,
        *,
        source: DeadLetterSource | None = None,
        replayed: bool | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        state: DeadLetterState | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListDeadLettersResponse, DeadLetter]:
        """Lists dead letters, by the time at which each first came, the latest first.

        :param source: Letters of this source only; if not set, of every source.
        :param replayed: Only letters that were replayed, or only those that were not; if
            absent, both.
        :param page_size: The most letters to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        :param state: Letters in this state only; if not set, in every state.
        """
        return self._caller.pages(
            LIST_DEAD_LETTERS,
            {
                "source": source,
                "replayed": replayed,
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
            },
            workspace,
            timeout,
            "dead_letters",
        )

    def get_dead_letter(
        self, dead_letter_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetDeadLetterResponse:
        """Returns a dead letter with its content, or DEAD_LETTER_NOT_FOUND.

        :param dead_letter_id: The letter's UUID.
        """
        return self._caller.unary(
            GET_DEAD_LETTER, {"dead_letter_id": dead_letter_id}, workspace, timeout
        )

    def replay_dead_letters(
        self,
        dead_letter_ids: Sequence[str],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> ReplayDeadLettersResponse:
        """Hands records over once more: one of the log goes to the log's end, one of the bus to
        the group that could not handle it, with the id that it had. A result of its own for
        each, given when it is durable. Replaying twice is safe: facts are stored once, and an
        event has the same id again. What fails again becomes a new letter.

        :param dead_letter_ids: UUIDs of 1 to 100 letters, each once. They are handed over in
            this order.
        """
        return self._caller.unary(
            REPLAY_DEAD_LETTERS, {"dead_letter_ids": dead_letter_ids}, workspace, timeout
        )

    def drop_dead_letters(
        self,
        dead_letter_ids: Sequence[str],
        reason: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> DropDeadLettersResponse:
        """Says of letters that they will not be handed over, and why. A result of its own for
        each. They stay where they are, are listed as dropped, and can still be replayed;
        nothing of a record is deleted. Dropping twice is safe: who was first, when and why
        stays as it was.

        :param dead_letter_ids: UUIDs of 1 to 100 letters, each once.
        :param reason: Why, for those who look later: 1 to 1,000 characters, none of them NUL.
        """
        return self._caller.unary(
            DROP_DEAD_LETTERS,
            {"dead_letter_ids": dead_letter_ids, "reason": reason},
            workspace,
            timeout,
        )


class AsyncDeadLettersApi:
    """Shows what could not be handled, and hands it over once more. Letters lie in the
    workspace of the record. Those whose workspace cannot be known lie in the reserved
    workspace "shadower-system", for which an operator takes a token.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def list_dead_letters(
        self,
        *,
        source: DeadLetterSource | None = None,
        replayed: bool | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        state: DeadLetterState | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListDeadLettersResponse, DeadLetter]:
        """Lists dead letters, by the time at which each first came, the latest first.

        :param source: Letters of this source only; if not set, of every source.
        :param replayed: Only letters that were replayed, or only those that were not; if
            absent, both.
        :param page_size: The most letters to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        :param state: Letters in this state only; if not set, in every state.
        """
        return self._caller.pages(
            LIST_DEAD_LETTERS,
            {
                "source": source,
                "replayed": replayed,
                "page_size": page_size,
                "page_token": page_token,
                "state": state,
            },
            workspace,
            timeout,
            "dead_letters",
        )

    async def get_dead_letter(
        self, dead_letter_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetDeadLetterResponse:
        """Returns a dead letter with its content, or DEAD_LETTER_NOT_FOUND.

        :param dead_letter_id: The letter's UUID.
        """
        return await self._caller.unary(
            GET_DEAD_LETTER, {"dead_letter_id": dead_letter_id}, workspace, timeout
        )

    async def replay_dead_letters(
        self,
        dead_letter_ids: Sequence[str],
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> ReplayDeadLettersResponse:
        """Hands records over once more: one of the log goes to the log's end, one of the bus to
        the group that could not handle it, with the id that it had. A result of its own for
        each, given when it is durable. Replaying twice is safe: facts are stored once, and an
        event has the same id again. What fails again becomes a new letter.

        :param dead_letter_ids: UUIDs of 1 to 100 letters, each once. They are handed over in
            this order.
        """
        return await self._caller.unary(
            REPLAY_DEAD_LETTERS, {"dead_letter_ids": dead_letter_ids}, workspace, timeout
        )

    async def drop_dead_letters(
        self,
        dead_letter_ids: Sequence[str],
        reason: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> DropDeadLettersResponse:
        """Says of letters that they will not be handed over, and why. A result of its own for
        each. They stay where they are, are listed as dropped, and can still be replayed;
        nothing of a record is deleted. Dropping twice is safe: who was first, when and why
        stays as it was.

        :param dead_letter_ids: UUIDs of 1 to 100 letters, each once.
        :param reason: Why, for those who look later: 1 to 1,000 characters, none of them NUL.
        """
        return await self._caller.unary(
            DROP_DEAD_LETTERS,
            {"dead_letter_ids": dead_letter_ids, "reason": reason},
            workspace,
            timeout,
        )
