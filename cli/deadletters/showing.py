"""Dead letters for a person to read, and for a program."""

from collections.abc import Iterable

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.table import Table
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letter_pb2 import DeadLetter, DeadLetterSource
from shadower.common.v1.error_reason_pb2 import ErrorReason


def as_line(message: Message) -> str:
    return MessageToJson(message, indent=None)


def as_table(letters: Iterable[DeadLetter]) -> Table:
    table = Table("id", "failed", "source", "reason", "from", "times", "replayed", box=None)
    for letter in letters:
        table.add_row(
            letter.dead_letter_id,
            _time(letter.fail_time),
            DeadLetterSource.Name(letter.source).removeprefix("DEAD_LETTER_SOURCE_").lower(),
            ErrorReason.Name(letter.reason).removeprefix("ERROR_REASON_"),
            place(letter),
            str(letter.occurrences),
            _time(letter.replay_time) if letter.HasField("replay_time") else "",
        )
    return table


def as_text(answer: pb.GetDeadLetterResponse) -> str:
    """What is known of a letter, and its content: decoded where it can be."""
    letter, content = answer.dead_letter, answer.content
    known = [f"{name}: {value}" for name, value in _known(letter) if value]
    size = f"payload: {letter.payload_bytes} bytes"
    return "\n".join([*known, size, content.decoded or content.payload.hex(" ")])


def _known(letter: DeadLetter) -> Iterable[tuple[str, str]]:
    yield "id", letter.dead_letter_id
    yield "reason", ErrorReason.Name(letter.reason).removeprefix("ERROR_REASON_")
    yield "message", letter.message
    yield "from", place(letter)
    yield "group", letter.group
    yield "attempts", str(letter.attempts)
    yield "times", str(letter.occurrences)
    yield "failed", _time(letter.fail_time)
    yield "last failed", _time(letter.last_fail_time)
    yield "replayed", _time(letter.replay_time) if letter.HasField("replay_time") else ""


def place(letter: DeadLetter) -> str:
    """Such as shadower.log/3@42, or outbox@42."""
    where = f"{letter.topic}/{letter.partition}" if letter.topic else "outbox"
    return f"{where}@{letter.position}"


def as_outcome(result: pb.ReplayResult) -> str:
    if result.HasField("error"):
        return f"{result.dead_letter_id}: {result.error.message}"
    return f"{result.dead_letter_id}: replayed"


def _time(timestamp: Timestamp) -> str:
    return timestamp.ToJsonString()
