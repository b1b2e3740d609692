"""Whether what a dead letter holds tells of a user, by the fields of the contract's messages."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.struct_pb2 import ListValue, Struct
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.ingest.v1.log_record_pb2 import LogRecord

from services.runtime.bus.dead_letter import Source
from services.warehouse.erasure.catalogue import CATALOGUE
from services.warehouse.erasure.letters import told_by_bytes
from services.warehouse.erasure.naming import Naming, Says

OF_EVENTS = {"correlation_id": Says.ID, "data": Says.FIELDS}


def tells_of(naming: Naming, source: Source, payload: bytes) -> bool:
    message: Message = LogRecord() if source is Source.LOG else Envelope()
    try:
        message.ParseFromString(payload)
    except DecodeError:
        return told_by_bytes(naming, source, payload)
    if _told_by_message(naming, message):
        return True
    # Fields that we do not know may say anything.
    message.DiscardUnknownFields()
    return message.ByteSize() != len(payload) and told_by_bytes(naming, source, payload)


def _told_by_message(naming: Naming, message: Message) -> bool:
    if isinstance(message, Envelope):
        return _told_by_fields(naming, message, OF_EVENTS)
    return any(
        _told_by_fields(naming, fact, CATALOGUE[field.name].says)
        for field, facts in message.ListFields()
        if field.name in CATALOGUE
        for fact in facts
    )


def _told_by_fields(naming: Naming, fact: Message, says: Mapping[str, Says]) -> bool:
    return any(
        naming.names(_plain(value), says[field.name])
        for field, value in fact.ListFields()
        if field.name in says
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Struct | Mapping):
        return {name: _plain(value[name]) for name in value}
    return list(map(_plain, value)) if isinstance(value, ListValue) else value
