"""What a field of the contract is in Python."""

import re
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from shadower_client.codec import DECIMALS

from tools.client.contract import Contract, Thing, is_required

F = FieldDescriptorProto
SCALARS = {
    F.TYPE_STRING: ("str", '""'),
    F.TYPE_BOOL: ("bool", "False"),
    F.TYPE_INT32: ("int", "0"),
    F.TYPE_INT64: ("int", "0"),
    F.TYPE_DOUBLE: ("float", "0.0"),
    F.TYPE_BYTES: ("bytes", 'b""'),
}
NATIVE = {
    ".google.protobuf.Timestamp": "datetime",
    ".google.protobuf.Duration": "timedelta",
    ".google.protobuf.Struct": "Mapping[str, Any]",
    ".google.rpc.Status": "ShadowerError",
    ".google.api.HttpBody": "Chunk",
    ".shadower.common.v1.Number": "Number",
}

ALWAYS = frozenset({"as_of", "body", "start_time"})
"""What answers never lack, unless the comment says so."""
ABSENT = re.compile("absent|not set|empty if|if (there|nobody|none)", re.IGNORECASE)


@dataclass(frozen=True)
class Typing:
    """Of one field, as an annotation and what stands for it when nobody says; "" for nothing."""

    annotation: str
    default: str


@dataclass
class Types:
    """Annotations as a module of an area writes them."""

    contract: Contract
    area: str
    inputs: set[str]
    """Messages that callers make, in which what is not required may be left out."""

    def of_field(self, owner: Thing, member: Thing) -> Typing:
        """In a dataclass."""
        field: FieldDescriptorProto = member.proto
        if self._is_map(owner, field):
            return Typing("Mapping[str, str]", "field(default_factory=dict)")
        inner = self.inner(field)
        if field.label == F.LABEL_REPEATED:
            default = "" if is_required(field) else "()"
            kind = "Sequence" if owner.name in self.inputs else "tuple"
            return Typing(f"{kind}[{inner}{', ...' if kind == 'tuple' else ''}]", default)
        if self._may_be_absent(owner, member):
            return Typing(f"{inner} | None", "None")
        return Typing(inner, "" if is_required(field) else self._zero(field, inner))

    def of_parameter(self, owner: Thing, field: FieldDescriptorProto) -> Typing:
        """Of a method, which sends nothing for what is None."""
        inner = self._given(owner, field)
        if is_required(field) and not field.HasField("oneof_index"):
            return Typing(inner, "")
        if field.type == F.TYPE_BOOL and not field.proto3_optional:
            return Typing("bool", "False")
        return Typing(f"{inner} | None", "None")

    def _given(self, owner: Thing, field: FieldDescriptorProto) -> str:
        if self._is_map(owner, field):
            return "Mapping[str, str]"
        if field.label == F.LABEL_REPEATED:
            return f"Sequence[{self.inner(field)}]"
        return "Interval" if field.type_name.endswith(".TimeInterval") else self.inner(field)

    def inner(self, field: FieldDescriptorProto) -> str:
        """Of one value."""
        if field.type_name in NATIVE:
            return NATIVE[field.type_name]
        if field.type_name:
            return self.reference(field.type_name)
        return "Decimal" if field.name in DECIMALS else SCALARS[field.type][0]

    def reference(self, name: str) -> str:
        thing = self.contract.messages.get(name) or self.contract.enums[name]
        return thing.short if thing.area == self.area else f"{thing.area}.{thing.short}"

    def _is_map(self, owner: Thing, field: FieldDescriptorProto) -> bool:
        return any(
            nested.options.map_entry and field.type_name == f"{owner.name}.{nested.name}"
            for nested in owner.proto.nested_type
        )

    def _may_be_absent(self, owner: Thing, member: Thing) -> bool:
        field = member.proto
        if field.proto3_optional or field.HasField("oneof_index"):
            return True
        if field.type != F.TYPE_MESSAGE or is_required(field):
            return False
        if owner.name in self.inputs or ABSENT.search(member.comment):
            return True
        return field.type_name in NATIVE and field.name not in ALWAYS

    def _zero(self, field: FieldDescriptorProto, inner: str) -> str:
        if field.type == F.TYPE_ENUM:
            return f"{inner}.UNSPECIFIED"
        if field.type == F.TYPE_MESSAGE:
            return ""
        return 'Decimal("0")' if inner == "Decimal" else SCALARS[field.type][1]
