"""What GraphQL's objects are: messages of the contract, and the question that they answer."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from gateway.web.graphql.scalars import WELL_KNOWN
from services.runtime.faults import InvalidArgument


class Budget:
    """How much an answer may still tell."""

    def __init__(self, items: int) -> None:
        self._limit = items
        self._left = items

    def spend(self, items: int) -> None:
        """Raises InvalidArgument when it is used up."""
        self._left -= items
        if self._left < 0:
            raise too_large("items", self._limit)


def too_large(measure: str, limit: int) -> InvalidArgument:
    return InvalidArgument(
        "OPERATION_TOO_LARGE",
        f"the operation has more than {limit} as its {measure}",
        metadata={"measure": measure, "limit": str(limit)},
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Of which workspace and interval something is told, so that more of it can be asked."""

    workspace_id: str
    interval: Message | None
    budget: Budget


@dataclass(frozen=True, slots=True)
class Node:
    """A message, and where it comes from."""

    message: Any
    origin: Origin


Reader = Callable[[Node], object]


def read_field(node: Node, name: str) -> object:
    """The field's value as GraphQL's types expect it."""
    return readers_of(node.message.DESCRIPTOR)[name](node)


@cache
def readers_of(message: Descriptor) -> dict[str, Reader]:
    return {field.name: _reader(field) for field in message.fields}


def _reader(field: FieldDescriptor) -> Reader:
    if is_map(field):
        return lambda node: getattr(node.message, field.name)
    if field.is_repeated:
        return _list_reader(field)
    if field.message_type is not None and field.message_type.full_name not in WELL_KNOWN:
        return _if_set(field, lambda node: Node(getattr(node.message, field.name), node.origin))
    plain: Reader = lambda node: getattr(node.message, field.name)  # noqa: E731
    return _if_set(field, plain) if field.has_presence else plain


def _list_reader(field: FieldDescriptor) -> Reader:
    holds_messages = field.message_type is not None

    def read(node: Node) -> object:
        items = getattr(node.message, field.name)
        node.origin.budget.spend(len(items))
        return [Node(item, node.origin) for item in items] if holds_messages else items

    return read


def _if_set(field: FieldDescriptor, read: Reader) -> Reader:
    return lambda node: read(node) if node.message.HasField(field.name) else None


def is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry
