"""DeadLettersService: what could not be handled, and handing it over once more."""

from uuid import UUID

from shadower.bus.v1 import dead_letter_pb2
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceServicer
from shadower.common.v1.error_reason_pb2 import ErrorReason

from services.relay.decoding import decoded
from services.relay.dropping import drop
from services.relay.replaying import Replayer, find_letter
from services.runtime.bus.dead_letter import Source
from services.runtime.call import Context, current_call
from services.runtime.faults import Fault
from services.runtime.status import to_status
from services.runtime.times import optional_timestamp, to_timestamp
from services.translation.pages import bad_token, page_size, read_place, write_place
from services.warehouse.bus.dead_letters import (
    FiledLetter,
    LettersQuery,
    Place,
    WholeLetter,
    list_letters,
)
from services.warehouse.bus.drops import Drop, State
from services.warehouse.database import Database

DEFAULT_PAGE = 50
MAX_PAGE = 500
MAX_PAYLOAD = 64 * 1024


class DeadLettersServicer(DeadLettersServiceServicer):
    """Translates between the contract and the warehouse's dead letters."""

    def __init__(self, database: Database, replayer: Replayer) -> None:
        self._database = database
        self._replayer = replayer

    async def ListDeadLetters(
        self, request: pb.ListDeadLettersRequest, context: Context
    ) -> pb.ListDeadLettersResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        query = LettersQuery(
            limit=limit + 1,
            source=_source(request.source),
            replayed=request.replayed if request.HasField("replayed") else None,
            state=_state(request.state),
            after=_place(request),
        )
        async with self._database.reading(request.workspace_id) as session:
            letters = await list_letters(session, query)
        return pb.ListDeadLettersResponse(
            dead_letters=[_letter(letter) for letter in letters[:limit]],
            next_page_token=_next_token(request, letters, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def GetDeadLetter(
        self, request: pb.GetDeadLetterRequest, context: Context
    ) -> pb.GetDeadLetterResponse:
        async with self._database.reading(request.workspace_id) as session:
            letter = await find_letter(session, UUID(request.dead_letter_id))
        return pb.GetDeadLetterResponse(dead_letter=_letter(letter.filed), content=_content(letter))

    async def ReplayDeadLetters(
        self, request: pb.ReplayDeadLettersRequest, context: Context
    ) -> pb.ReplayDeadLettersResponse:
        ids = request.dead_letter_ids
        results = [await self._replayed(request.workspace_id, one) for one in ids]
        return pb.ReplayDeadLettersResponse(results=results)

    async def _replayed(self, workspace_id: str, letter_id: str) -> pb.ReplayResult:
        try:
            moment = await self._replayer.replay(workspace_id, UUID(letter_id))
        except Fault as fault:
            return pb.ReplayResult(dead_letter_id=letter_id, error=to_status(fault))
        return pb.ReplayResult(dead_letter_id=letter_id, replay_time=to_timestamp(moment))

    async def DropDeadLetters(
        self, request: pb.DropDeadLettersRequest, context: Context
    ) -> pb.DropDeadLettersResponse:
        ids, by = list(map(UUID, request.dead_letter_ids)), current_call().principal.subject
        async with self._database.writing(request.workspace_id) as session:
            outcomes = await drop(session, ids, by, request.reason)
        results = [_dropped(str(one), outcome) for one, outcome in zip(ids, outcomes, strict=True)]
        return pb.DropDeadLettersResponse(results=results)


def _dropped(letter_id: str, outcome: Drop | Fault) -> pb.DropResult:
    if isinstance(outcome, Fault):
        return pb.DropResult(dead_letter_id=letter_id, error=to_status(outcome))
    return pb.DropResult(dead_letter_id=letter_id, drop=_drop(outcome))


def _drop(drop: Drop) -> dead_letter_pb2.DeadLetterDrop:
    return dead_letter_pb2.DeadLetterDrop(
        drop_time=to_timestamp(drop.dropped_at),
        dropped_by=drop.dropped_by,
        reason=drop.reason,
        occurrences=drop.occurrences,
    )


def _state(number: "dead_letter_pb2.DeadLetterState.ValueType") -> State | None:
    if number == dead_letter_pb2.DEAD_LETTER_STATE_UNSPECIFIED:
        return None
    name = dead_letter_pb2.DeadLetterState.Name(number)
    return State(name.removeprefix("DEAD_LETTER_STATE_").lower())


def _source(number: "dead_letter_pb2.DeadLetterSource.ValueType") -> Source | None:
    if number == dead_letter_pb2.DEAD_LETTER_SOURCE_UNSPECIFIED:
        return None
    name = dead_letter_pb2.DeadLetterSource.Name(number)
    return Source(name.removeprefix("DEAD_LETTER_SOURCE_").lower())


def _letter(letter: FiledLetter) -> dead_letter_pb2.DeadLetter:
    source, standing = f"DEAD_LETTER_SOURCE_{letter.source.name}", letter.standing
    return dead_letter_pb2.DeadLetter(
        dead_letter_id=str(letter.dead_letter_id),
        source=dead_letter_pb2.DeadLetterSource.Value(source),
        group=letter.group_name,
        topic=letter.topic,
        partition=letter.partition,
        position=letter.position,
        reason=ErrorReason.Value(f"ERROR_REASON_{letter.reason}"),
        message=letter.message,
        attempts=letter.attempts,
        fail_time=to_timestamp(letter.failed_at),
        replay_time=optional_timestamp(letter.replayed_at),
        payload_bytes=letter.payload_bytes,
        occurrences=letter.occurrences,
        last_fail_time=to_timestamp(letter.last_failed_at),
        state=dead_letter_pb2.DeadLetterState.Value(f"DEAD_LETTER_STATE_{standing.state.name}"),
        drop=_drop(standing.drop) if standing.drop else None,
    )


def _content(letter: WholeLetter) -> dead_letter_pb2.DeadLetterContent:
    return dead_letter_pb2.DeadLetterContent(
        key=letter.key or b"",
        payload=letter.payload[:MAX_PAYLOAD],
        decoded=decoded(letter.filed.source, letter.payload),
    )


def _place(request: pb.ListDeadLettersRequest) -> Place | None:
    """The place behind the last letter seen."""
    place = read_place(request)
    return place and (place[0], _letter_id(place[1]))


def _letter_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as malformed:
        raise bad_token("is not one of ours") from malformed


def _next_token(request: pb.ListDeadLettersRequest, letters: list[FiledLetter], limit: int) -> str:
    if len(letters) <= limit:
        return ""
    failed_at, letter_id = letters[limit - 1].place
    return write_place(request, failed_at, str(letter_id))
