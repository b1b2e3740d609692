"""What messages of the contract are in Python: frozen dataclasses and open enums."""

from collections.abc import Callable
from enum import IntEnum
from typing import ClassVar, Self, TypeVar

E = TypeVar("E", bound="OpenEnum")

REGISTRY: dict[str, "type[Message] | type[OpenEnum]"] = {}
"""Classes by the full names that the contract gives them."""


class Message:
    """A message. Absent is None, and never zero."""

    __slots__ = ()
    PROTO: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if cls.PROTO:
            REGISTRY[cls.PROTO] = cls


class OpenEnum(IntEnum):
    """Values that a newer server sends and this client does not know are kept as their number."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, int):
            return None
        member = int.__new__(cls, value)
        member._name_, member._value_ = f"UNRECOGNIZED_{value}", value
        return member


def named(proto: str) -> Callable[[type[E]], type[E]]:
    """Registers an enum. Its members leave no room for an attribute that says the name."""

    def register(enum: type[E]) -> type[E]:
        REGISTRY[proto] = enum
        return enum

    return register
