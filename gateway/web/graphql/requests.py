"""From GraphQL's arguments to requests of the contract."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from strawberry import UNSET

from services.runtime.faults import invalid_field


def fill(message: Any, given: Iterable[tuple[str, object]], path: str = "") -> Any:
    """Sets what was given. Raises InvalidArgument for what excludes each other."""
    for name, value in given:
        if value is None or value is UNSET:
            continue
        field = message.DESCRIPTOR.fields_by_name[name]
        _check_oneof(message, field, path)
        _set(message, field, value, f"{path}{name}")
    return message


def _check_oneof(message: Message, field: FieldDescriptor, path: str) -> None:
    oneof = field.containing_oneof
    if oneof is None:
        return
    known = message.WhichOneof(oneof.name)
    if known is not None:
        raise invalid_field(f"{path}{oneof.name}", f"{known} and {field.name} exclude each other")


def _set(message: Any, field: FieldDescriptor, value: Any, path: str) -> None:
    if field.is_repeated:
        items = [_value(field, item, f"{path}[{place}]") for place, item in enumerate(value)]
        getattr(message, field.name).extend(items)
    elif field.message_type is not None:
        getattr(message, field.name).CopyFrom(_value(field, value, path))
    else:
        setattr(message, field.name, _value(field, value, path))


def _value(field: FieldDescriptor, value: Any, path: str) -> Any:
    if isinstance(value, Enum):
        return value.value
    if field.message_type is None or isinstance(value, Message):
        return value
    return fill(
        GetMessageClass(field.message_type)(), _given(field.message_type, value), f"{path}."
    )


def _given(message: Descriptor, value: object) -> Iterable[tuple[str, object]]:
    return ((field.name, getattr(value, field.name)) for field in message.fields)
