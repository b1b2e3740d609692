"""The contract as the client needs it: messages, enums and methods with their comments."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# Read for their extensions, without which options are unknown fields.
from buf.validate import validate_pb2 as rules
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from shadower.common.v1 import permission_pb2 as options

from tools.comments import comment_of, files


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
    for file in files():
        if file.package.startswith("shadower."):
            _Reading(contract, file).read()
    return contract


@dataclass
class _Reading:
    contract: Contract
    file: FileDescriptorProto

    @property
    def area(self) -> str:
        return self.file.package.split(".")[1]

    def read(self) -> None:
        prefix = f".{self.file.package}"
        for enum in self.file.enum_type:
            self._enum(enum, prefix)
        for message in self.file.message_type:
            self._message(message, prefix)
        for service in self.file.service:
            thing = self._whole(service, prefix, service.method)
            self.contract.services[thing.name] = thing

    def _enum(self, enum: Any, prefix: str) -> None:
        thing = self._whole(enum, prefix, enum.value)
        self.contract.enums[thing.name] = thing

    def _message(self, message: Any, prefix: str) -> None:
        if message.options.map_entry:
            return
        thing = self._whole(message, prefix, message.field)
        self.contract.messages[thing.name] = thing
        for nested in message.nested_type:
            self._message(nested, thing.name)
        for enum in message.enum_type:
            self._enum(enum, thing.name)

    def _whole(self, proto: Any, prefix: str, members: Any) -> Thing:
        """Its members go by their own names alone."""
        name = f"{prefix}.{proto.name}"
        whole = self._thing(proto, name, name)
        whole.members = [self._thing(one, one.name, f"{name}.{one.name}") for one in members]
        return whole

    def _thing(self, proto: Any, name: str, place: str) -> Thing:
        source = self.file.name.removesuffix(".proto").replace("/", ".")
        comment = " ".join(comment_of(place.removeprefix(".")).split())
        return Thing(proto, name, self.area, comment, f"{source}_pb2")


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
