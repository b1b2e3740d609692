"""GraphQL's types, derived from the contract: names and meanings are the same by construction."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Optional

import strawberry
from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from gateway.web.graphql.nodes import is_map
from gateway.web.graphql.scalars import OF_TYPE, WELL_KNOWN, Labels

# GraphQL reports errors by other means.
LEFT_OUT = {"google.rpc.Status"}

Meanings = Mapping[str, str]
"""What the contract says of its parts, by their full names."""


class Types:
    """Each is made once, however many others have it as a part."""

    def __init__(self, meanings: Meanings, more: Mapping[str, Mapping[str, Any]]) -> None:
        """`more` are fields that messages have besides those of the contract, by full names."""
        self._meanings = meanings
        self._more = more
        self._outputs: dict[str, Any] = {}
        self._inputs: dict[str, Any] = {}
        self._enums: dict[str, Any] = {}

    def output(self, message: Descriptor) -> Any:
        known = self._outputs.get(message.full_name)
        return known or self._outputs.setdefault(message.full_name, self._made_output(message))

    def input(self, message: Descriptor) -> Any:
        known = self._inputs.get(message.full_name)
        return known or self._inputs.setdefault(message.full_name, self._made_input(message))

    def arguments(self, method: MethodDescriptor, *, without: frozenset[str]) -> list[Any]:
        """A request's fields as arguments of a field."""
        return [
            StrawberryArgument(
                python_name=field.name,
                graphql_name=field.json_name,
                type_annotation=StrawberryAnnotation(self._of_input(field)),
                description=self.meaning(field.full_name),
            )
            for field in method.input_type.fields
            if field.name not in without
        ]

    def meaning(self, full_name: str) -> str | None:
        return self._meanings.get(full_name)

    def _made_output(self, message: Descriptor) -> Any:
        fields = [field for field in message.fields if _is_told(field)]
        annotations = {field.name: self._of_output(field) for field in fields}
        content: dict[str, Any] = {field.name: self._field(field) for field in fields}
        for name, (annotation, more) in self._more.get(message.full_name, {}).items():
            annotations[name], content[name] = annotation(self), more(self)
        made = type(type_name(message), (), {"__annotations__": annotations, **content})
        return strawberry.type(made, description=self.meaning(message.full_name))

    def _made_input(self, message: Descriptor) -> Any:
        annotations = {field.name: self._of_input(field) for field in message.fields}
        content = {field.name: self._input_field(field) for field in message.fields}
        made = type(f"{type_name(message)}Input", (), {"__annotations__": annotations, **content})
        return strawberry.input(made, description=self.meaning(message.full_name))

    def _field(self, field: FieldDescriptor) -> Any:
        meaning = self.meaning(field.full_name)
        return strawberry.field(name=field.json_name, description=meaning)

    def _input_field(self, field: FieldDescriptor) -> Any:
        default = {} if is_required(field) else {"default": strawberry.UNSET}
        meaning = self.meaning(field.full_name)
        return strawberry.field(name=field.json_name, description=meaning, **default)

    def _of_output(self, field: FieldDescriptor) -> Any:
        if is_map(field):
            return Labels
        if field.is_repeated:
            return list[self._single(field, self.output)]  # type: ignore[misc]
        single = self._single(field, self.output)
        return Optional[single] if field.has_presence else single  # noqa: UP045

    def _of_input(self, field: FieldDescriptor) -> Any:
        single = self._single(field, self.input)
        whole = list[single] if field.is_repeated else single  # type: ignore[valid-type]
        return whole if is_required(field) else Optional[whole]  # noqa: UP045

    def _single(self, field: FieldDescriptor, of_message: Any) -> Any:
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        if field.message_type is not None:
            known = WELL_KNOWN.get(field.message_type.full_name)
            return known or of_message(field.message_type)
        return OF_TYPE[field.type]

    def _enum(self, descriptor: EnumDescriptor) -> Any:
        if descriptor.full_name not in self._enums:
            self._enums[descriptor.full_name] = self._made_enum(descriptor)
        return self._enums[descriptor.full_name]

    def _made_enum(self, descriptor: EnumDescriptor) -> Any:
        values = {
            value.name: strawberry.enum_value(
                value.number, description=self.meaning(f"{descriptor.full_name}.{value.name}")
            )
            for value in descriptor.values
        }
        made = Enum(descriptor.name, values)  # type: ignore[misc]
        return strawberry.enum(made, description=self.meaning(descriptor.full_name))


def is_required(field: FieldDescriptor) -> bool:
    """Whether the contract refuses requests without it, as far as a type can say so."""
    rules = field.GetOptions().Extensions[validate_pb2.field]
    is_id = field.name == "workspace_id" or (rules.string.min_len > 0 and not field.is_repeated)
    return bool(rules.required or rules.repeated.min_items or is_id or rules.enum.not_in)


def type_name(message: Descriptor) -> str:
    """A nested message has the name of the one around it before its own."""
    outer = message.containing_type
    return f"{type_name(outer)}{message.name}" if outer is not None else str(message.name)


def _is_told(field: FieldDescriptor) -> bool:
    """Messages without fields say nothing that GraphQL could ask for."""
    message = field.message_type
    if message is None or message.full_name in WELL_KNOWN:
        return True
    return bool(message.fields) and message.full_name not in LEFT_OUT
