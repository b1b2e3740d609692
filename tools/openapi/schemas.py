"""Messages as JSON Schema, by protobuf's JSON mapping as the edge speaks it."""

from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from tools.comments import comment_of
from tools.openapi import rules
from tools.openapi.rules import Schema

REFERENCE = "#/components/schemas/"
NANOS = r"(\.[0-9]{1,9})?"

# Types that JSON has a word of its own for.
WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": rf"^-?[0-9]{{1,12}}{NANOS}s$"},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array"},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "required": ["@type"],
    },
}
INTEGERS_AS_NUMBERS = {FieldDescriptor.TYPE_INT32, FieldDescriptor.TYPE_UINT32}
INTEGERS_AS_TEXT = {FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_UINT64}
REALS = {FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE}
LIMITS = {
    FieldDescriptor.TYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.TYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.TYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.TYPE_UINT64: (0, 2**64 - 1),
}


class Schemas:
    """The messages that are spoken of, each once. What is sent may have more than it needs; what
    is answered has all that is documented, and no more."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}

    def of_answer(self, kind: Descriptor) -> Schema:
        return self._of_message(kind, answers=True)

    def of_content(self, kind: Descriptor, without: Iterable[str]) -> Schema:
        """The message but for the fields that stand elsewhere, such as in a path."""
        left_out = set(without)
        fields = [field for field in kind.fields if field.name not in left_out]
        return self._of_fields(fields, self._of_sent)

    def of_parameter(self, field: FieldDescriptor) -> Schema:
        """Of a query, in which everything is text: numbers are written as they are."""
        if field.is_repeated:
            items = self._single(field, rules.rules_of(field).repeated.items, self._of_sent)
            return {"type": "array", "items": items, **rules.of_lists(rules.rules_of(field))}
        if field.type in INTEGERS_AS_TEXT:
            return _integer(field, rules.rules_of(field))
        return self._single(field, rules.rules_of(field), self._of_sent)

    def _of_sent(self, kind: Descriptor) -> Schema:
        return self._of_message(kind, answers=False)

    def _of_message(self, kind: Descriptor, *, answers: bool) -> Schema:
        known = WELL_KNOWN.get(kind.full_name)
        if known is not None:
            return dict(known)
        name = kind.full_name if answers else f"{kind.full_name}.Sent"
        if name not in self.components:
            # Before its fields are looked at, which may lead back to it.
            self.components[name] = {}
            inner = self.of_answer if answers else self._of_sent
            described = self._of_fields(kind.fields, inner, answers=answers)
            self.components[name].update(_said(kind.full_name), **described)
        return {"$ref": REFERENCE + name}

    def _of_fields(
        self,
        fields: Iterable[FieldDescriptor],
        inner: Callable[[Descriptor], Schema],
        *,
        answers: bool = False,
    ) -> Schema:
        listed = list(fields)
        is_there = _is_always_printed if answers else rules.is_required
        schema: Schema = {
            "type": "object",
            "properties": {
                one.json_name: self._of_field(one, inner) | _said(one.full_name) for one in listed
            },
        }
        required = [one.json_name for one in listed if is_there(one)]
        if required:
            schema["required"] = required
        if answers:
            schema["additionalProperties"] = False
        return schema

    def _of_field(self, field: FieldDescriptor, inner: Callable[[Descriptor], Schema]) -> Schema:
        asked = rules.rules_of(field)
        if not field.is_repeated:
            return self._single(field, asked, inner)
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            return self._of_map(kind, asked.map, inner)
        items = self._single(field, asked.repeated.items, inner)
        return {"type": "array", "items": items, **rules.of_lists(asked)}

    def _of_map(
        self, entry: Descriptor, asked: Any, inner: Callable[[Descriptor], Schema]
    ) -> Schema:
        schema: Schema = {
            "type": "object",
            "additionalProperties": self._single(
                entry.fields_by_name["value"], asked.values, inner
            ),
        }
        if asked.HasField("max_pairs"):
            schema["maxProperties"] = asked.max_pairs
        names = rules.of_texts(asked.keys)
        return schema | ({"propertyNames": names} if names else {})

    def _single(
        self, field: FieldDescriptor, asked: Any, inner: Callable[[Descriptor], Schema]
    ) -> Schema:
        if field.message_type is not None:
            return inner(field.message_type)
        if field.enum_type is not None:
            return _enum(field.enum_type, asked)
        return _scalar(field, asked)


def _said(name: str) -> Schema:
    text = comment_of(name)
    return {"description": text} if text else {}


def _is_always_printed(field: FieldDescriptor) -> bool:
    """Of what has presence, only what is there is answered: absent is not zero."""
    return field.is_repeated or not field.has_presence


def _enum(kind: EnumDescriptor, asked: Any) -> Schema:
    refused = set(asked.enum.not_in)
    return {
        "type": "string",
        "enum": [value.name for value in kind.values if value.number not in refused],
    }


def _scalar(field: FieldDescriptor, asked: Any) -> Schema:
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"type": "boolean"}
    if field.type == FieldDescriptor.TYPE_STRING:
        return {"type": "string", **rules.of_texts(asked)}
    if field.type == FieldDescriptor.TYPE_BYTES:
        return {"type": "string", "contentEncoding": "base64"}
    if field.type in REALS:
        return {"type": "number", "format": "double", **rules.of_numbers(field, asked)}
    if field.type in INTEGERS_AS_NUMBERS:
        return _integer(field, asked)
    # More digits than JSON's numbers keep.
    return {"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,20}$"}


def _integer(field: FieldDescriptor, asked: Any) -> Schema:
    least, most = LIMITS[field.type]
    bounds = rules.of_numbers(field, asked)
    return {"type": "integer", "minimum": least, "maximum": most} | bounds
