"""Dead letters as people read them."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letter_pb2 import DeadLetter, DeadLetterSource, DeadLetterState
from shadower.common.v1.error_reason_pb2 import ErrorReason

from cli.rendering.tables import facts, table, zoned
from cli.rendering.values import clean, count, name_of, size, time, time_if, word

SOURCE, STATE, REASON = "DEAD_LETTER_SOURCE_", "DEAD_LETTER_STATE_", "ERROR_REASON_"


def letters_view(answer: pb.ListDeadLettersResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.dead_letter_id,
            time(one.fail_time, zone),
            word(DeadLetterSource, one.source, SOURCE),
            name_of(ErrorReason, one.reason).removeprefix(REASON),
            place(one),
            count(one.occurrences),
            word(DeadLetterState, one.state, STATE),
        )
        for one in answer.dead_letters
    )
    yield table(("id", "failed", "source", "reason", "from", ">times", "state"), rows)
    yield zoned(zone)


def letter_view(answer: pb.GetDeadLetterResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    """What is known of a letter, and its content: decoded where it can be."""
    yield facts(_known(answer.dead_letter, zone))
    content = answer.content
    decoded = content.decoded or content.payload.hex(" ")
    yield "\n".join(map(clean, decoded.splitlines()))


def _known(letter: DeadLetter, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "id", letter.dead_letter_id
    yield "reason", name_of(ErrorReason, letter.reason).removeprefix(REASON)
    yield "message", letter.message
    yield "from", place(letter)
    yield "group", letter.group
    yield "attempts", count(letter.attempts)
    yield "times", count(letter.occurrences)
    yield f"failed ({zone.key})", time(letter.fail_time, zone)
    yield "last failed", time(letter.last_fail_time, zone)
    yield "state", word(DeadLetterState, letter.state, STATE)
    yield "replayed", time_if(letter, "replay_time", zone)
    if letter.HasField("drop"):
        yield "dropped", time_if(letter.drop, "drop_time", zone)
        yield "dropped by", letter.drop.dropped_by
        yield "because", letter.drop.reason
    yield "payload", size(letter.payload_bytes)


def place(letter: DeadLetter) -> str:
    """Such as shadower.log/3@42, or outbox@42."""
    where = f"{letter.topic}/{letter.partition}" if letter.topic else "outbox"
    return f"{where}@{letter.position}"


def outcomes(results: Iterable[pb.ReplayResult | pb.DropResult], done: str) -> RenderableType:
    rows = (
        (one.dead_letter_id, one.error.message if one.HasField("error") else done)
        for one in results
    )
    return table(("id", "outcome"), rows)
