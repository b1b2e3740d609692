"""The contract as the client needs it: messages, enums and methods with their comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

# Read for their extensions, without which options are unknown fields.
from buf.validate import validate_pb2 as rules
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from shadower.common.v1 import permission_pb2 as options

from tools.graphql import parsed

ROOT = Path(__file__).parent.parent.parent
MESSAGE, ENUM, SERVICE, NESTED, FIELD = 4, 5, 6, 3, 2


@dataclass
class Thing:
    """A descriptor, its full name and what its comment says."""

    proto: Any
    name: str
    area: str
    comment: str
    source: str
    """The module of the stubs that has it."""
    members: list["Thing"] = field(default_factory=list)

    @cached_property
    def short(self) -> str:
        return self.name.rpartition(".")[2]


@dataclass
class Contract:
    """All of shadower.*.v1, by full names with a leading dot, as descriptors refer to each
    other.
    """

    messages: dict[str, Thing] = field(default_factory=dict)
    enums: dict[str, Thing] = field(default_factory=dict)
    services: dict[str, Thing] = field(default_factory=dict)

    def requests(self) -> set[str]:
        return {method.proto.input_type for one in self.services.values() for method in one.members}

    def within(self, names: set[str]) -> set[str]:
        """What messages of these names hold, at any depth."""
        found: set[str] = set()
        waiting = list(names)
        while waiting:
            for one in self.messages[waiting.pop()].proto.field:
                if one.type_name in self.messages and one.type_name not in found:
                    found.add(one.type_name)
                    waiting.append(one.type_name)
        return found


def read_contract() -> Contract:
    contract = Contract()
    for file in parsed().file:
        if file.package.startswith("shadower."):
            _Reading(contract, file).read()
    return contract


@dataclass
class _Reading:
    contract: Contract
    file: FileDescriptorProto

    @cached_property
    def comments(self) -> dict[tuple[int, ...], str]:
        located = self.file.source_code_info.location
        return {tuple(at.path): " ".join(at.leading_comments.split()) for at in located}

    @property
    def area(self) -> str:
        return self.file.package.split(".")[1]

    def read(self) -> None:
        prefix = f".{self.file.package}"
        for index, enum in enumerate(self.file.enum_type):
            self._enum(enum, prefix, (ENUM, index))
        for index, message in enumerate(self.file.message_type):
            self._message(message, prefix, (MESSAGE, index))
        for index, service in enumerate(self.file.service):
            thing = self._thing(service, prefix, (SERVICE, index))
            thing.members = list(self._members(service.method, (SERVICE, index, 2)))
            self.contract.services[thing.name] = thing

    def _enum(self, enum: Any, prefix: str, path: tuple[int, ...]) -> None:
        thing = self._thing(enum, prefix, path)
        thing.members = list(self._members(enum.value, (*path, 2)))
        self.contract.enums[thing.name] = thing

    def _message(self, message: Any, prefix: str, path: tuple[int, ...]) -> None:
        if message.options.map_entry:
            return
        thing = self._thing(message, prefix, path)
        thing.members = list(self._members(message.field, (*path, FIELD)))
        self.contract.messages[thing.name] = thing
        for index, nested in enumerate(message.nested_type):
            self._message(nested, thing.name, (*path, NESTED, index))
        for index, enum in enumerate(message.enum_type):
            self._enum(enum, thing.name, (*path, 4, index))

    def _members(self, members: Any, path: tuple[int, ...]) -> Iterator[Thing]:
        for index, member in enumerate(members):
            yield self._thing(member, "", (*path, index))

    def _thing(self, proto: Any, prefix: str, path: tuple[int, ...]) -> Thing:
        source = self.file.name.removesuffix(".proto").replace("/", ".")
        name = f"{prefix}.{proto.name}" if prefix else proto.name
        return Thing(proto, name, self.area, self.comments.get(path, ""), f"{source}_pb2")


def is_required(one: FieldDescriptorProto) -> bool:
    """Whether a rule refuses it when it is not set."""
    asked = one.options.Extensions[rules.field]
    return (
        asked.required
        or asked.string.min_len > 0
        or asked.string.uuid
        or _refuses_nothing(asked.string.pattern)
        or asked.repeated.min_items > 0
        or 0 in getattr(asked.enum, "not_in", ())
    )


def _refuses_nothing(pattern: str) -> bool:
    """Whether a string without characters does not fit."""
    return bool(pattern) and not re.match(pattern.replace(r"\p{C}", r"\x00"), "")


def longest_seconds(method: Any) -> int:
    return int(method.options.Extensions[options.longest_seconds])


def items_of(contract: Contract, message: Thing) -> str:
    """The one list of messages that an answer is, if it is one."""
    if not message.short.endswith("Response"):
        return ""
    listed = [
        one.name
        for one in message.members
        if one.proto.label == FieldDescriptorProto.LABEL_REPEATED
        and one.proto.type_name in contract.messages
    ]
    return listed[0] if len(listed) == 1 else ""
