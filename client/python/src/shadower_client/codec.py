"""Between messages of protobuf and dataclasses of the same names, planned once for each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from shadower_client.message import REGISTRY
from shadower_client.native import READERS, WRITERS, decimal_text

DECIMALS = frozenset(
    {
        "average_cost_usd",
        "cache_read_usd",
        "cache_write_usd",
        "cost_usd",
        "credits",
        "input_usd",
        "output_usd",
    }
)
"""Fields whose strings are exact decimal numbers."""

Convert = Callable[[Any], Any]
Write = Callable[[Any, Any], None]


def decode(message: Any) -> Any:
    return _reader(message.DESCRIPTOR)(message)


@cache
def _reader(descriptor: Descriptor) -> Convert:
    """Of messages of a type."""
    if special := READERS.get(descriptor.full_name):
        return special
    kind: Any = REGISTRY[descriptor.full_name]
    plan = [
        (one.name, _field_reader(descriptor.fields_by_name[one.name], one.default is not None))
        for one in fields(kind)
    ]
    return lambda message: kind(**{name: read(message) for name, read in plan})


def _field_reader(field: FieldDescriptor, is_always_there: bool) -> Convert:
    name, convert = field.name, _value_reader(field)
    if _is_map(field):
        return lambda message: dict(getattr(message, name))
    if field.is_repeated:
        return lambda message: tuple(map(convert, getattr(message, name)))
    if not field.has_presence or (field.message_type and is_always_there):
        return lambda message: convert(getattr(message, name))
    return lambda message: convert(getattr(message, name)) if message.HasField(name) else None


def _value_reader(field: FieldDescriptor) -> Convert:
    if field.message_type:
        return decode
    if field.enum_type:
        return REGISTRY[field.enum_type.full_name]
    return Decimal if field.name in DECIMALS else lambda value: value


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def fill(message: Any, values: Mapping[str, Any]) -> None:
    """Sets what is not None."""
    writers = _writers(message.DESCRIPTOR)
    for name, value in values.items():
        if value is not None:
            writers[name](message, value)


def fill_from(message: Any, value: Any) -> None:
    """From a dataclass, or from a value that stands for the message."""
    special = WRITERS.get(message.DESCRIPTOR.full_name)
    if special:
        special(message, value)
    else:
        for name, has_presence, write in _plan(message.DESCRIPTOR):
            given = getattr(value, name)
            if given or (has_presence and given is not None):
                write(message, given)


@cache
def _plan(descriptor: Descriptor) -> list[tuple[str, bool, Write]]:
    """With whether nothing, such as zero, is something that can be said."""
    fields = descriptor.fields_by_name
    return [
        (name, fields[name].has_presence, write) for name, write in _writers(descriptor).items()
    ]


@cache
def _writers(descriptor: Descriptor) -> dict[str, Write]:
    return {field.name: _field_writer(field) for field in descriptor.fields}


def _field_writer(field: FieldDescriptor) -> Write:
    name = field.name
    if _is_map(field):
        return lambda message, value: getattr(message, name).update(value)
    if field.is_repeated:
        return _list_writer(field)
    if field.message_type:
        return lambda message, value: _fill_singular(getattr(message, name), value)
    if name in DECIMALS:
        return lambda message, value: setattr(message, name, decimal_text(value))
    return lambda message, value: setattr(message, name, value)


def _fill_singular(message: Any, value: Any) -> None:
    message.SetInParent()  # One without content is there, too.
    fill_from(message, value)


def _list_writer(field: FieldDescriptor) -> Write:
    name = field.name
    if field.message_type:
        return lambda message, value: _add_each(getattr(message, name), value)
    return lambda message, value: getattr(message, name).extend(_not_text(name, value))


def _add_each(target: Any, values: Iterable[Any]) -> None:
    for value in values:
        fill_from(target.add(), value)


def _not_text(name: str, values: Iterable[Any]) -> Iterable[Any]:
    """A string is a sequence of strings, too, and never what was meant."""
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} takes several values; write [{values!r}]")
    return values
