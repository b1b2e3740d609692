"""Events to and from the contract's Envelope."""

from dataclasses import replace
from uuid import UUID

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.ingest.v1.event_pb2 import EventType

from services.runtime.bus.event import BusEvent
from services.runtime.faults import InvalidArgument
from services.runtime.times import to_datetime, to_timestamp

SCHEMA_VERSION = 1
# More than what the outbox takes can become, so that only what never came from it is larger.
MAX_BYTES = 4 * 1024 * 1024


def encode(event: BusEvent) -> bytes:
    envelope = Envelope(
        schema_version=SCHEMA_VERSION,
        id=str(event.id),
        type=EventType.Value(f"EVENT_TYPE_{event.type.replace('.', '_').upper()}"),
        workspace_id=event.workspace_id,
        create_time=to_timestamp(event.created_at),
        correlation_id=event.correlation_id,
        group=event.group,
    )
    envelope.data.update(event.data)
    return envelope.SerializeToString()


def decode(
    payload: bytes | None, key: bytes | None, position: int, traceparent: str = ""
) -> BusEvent:
    """Raises InvalidArgument if it is none of ours, or newer than we are. Where in a trace it
    happened comes beside it."""
    envelope = _parsed(payload or b"", position)
    if envelope.schema_version > SCHEMA_VERSION:
        raise _newer(envelope.schema_version)
    if envelope.workspace_id.encode() != key:
        raise _malformed(position, "its key is not its workspace")
    try:
        return replace(_event(envelope), traceparent=traceparent)
    except (ValueError, OverflowError) as wrong:
        raise _malformed(position, str(wrong)) from wrong


def _parsed(payload: bytes, position: int) -> Envelope:
    if len(payload) > MAX_BYTES:
        raise _malformed(position, f"it has more than {MAX_BYTES} bytes")
    try:
        envelope = Envelope.FromString(payload)
    except DecodeError as malformed:
        raise _malformed(position, "it is no Envelope") from malformed
    if envelope.schema_version < 1:
        raise _malformed(position, "it has no schema version")
    return envelope


def _event(envelope: Envelope) -> BusEvent:
    return BusEvent(
        id=UUID(envelope.id),
        type=type_name(envelope.type),
        workspace_id=envelope.workspace_id,
        created_at=to_datetime(envelope.create_time),
        data=MessageToDict(envelope.data),
        correlation_id=envelope.correlation_id,
        group=envelope.group,
    )


def type_name(number: "EventType.ValueType") -> str:
    """EVENT_TYPE_USER_LOGIN is "user.login". Raises ValueError for one that we do not know."""
    if number == EventType.EVENT_TYPE_UNSPECIFIED:
        raise ValueError("it has no type")
    name = EventType.Name(number).removeprefix("EVENT_TYPE_").lower()
    return name.replace("_", ".", 1)


def _malformed(position: int, why: str) -> InvalidArgument:
    return InvalidArgument(
        "RECORD_MALFORMED",
        f"the message at {position} cannot be read: {why}",
        metadata={"position": str(position)},
    )


def _newer(version: int) -> InvalidArgument:
    return InvalidArgument(
        "SCHEMA_VERSION_UNKNOWN",
        f"the message is of schema {version}, and {SCHEMA_VERSION} is known",
        metadata={"version": str(version), "known": str(SCHEMA_VERSION)},
    )
