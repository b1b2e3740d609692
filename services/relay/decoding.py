"""A dead letter's payload as a person can read it, where it can be decoded at all."""

from google.protobuf.json_format import MessageToJson, SerializeToJsonError
from google.protobuf.message import DecodeError, Message
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.runtime.bus.dead_letter import Source

KINDS: dict[Source, type[Message]] = {Source.LOG: LogRecord, Source.BUS: Envelope}
# Decoding is work, and nobody reads that much.
MAX_DECODED_BYTES = 1024 * 1024
MAX_CHARACTERS = 65_536


def decoded(source: Source, payload: bytes) -> str:
    """JSON text; empty if it cannot be decoded or is very large."""
    if len(payload) > MAX_DECODED_BYTES:
        return ""
    try:
        message = KINDS[source].FromString(payload)
        text = MessageToJson(message) if message.ListFields() else ""
    except (DecodeError, SerializeToJsonError, ValueError):
        return ""
    return text[:MAX_CHARACTERS]
