"""What protovalidate's rules of a field are in JSON Schema. Rules in CEL have no counterpart."""

import re
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import FieldDescriptor

Schema = dict[str, Any]

NUMBERS = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
    FieldDescriptor.TYPE_FLOAT: "float",
    FieldDescriptor.TYPE_DOUBLE: "double",
}
BOUNDS = {
    "gte": "minimum",
    "gt": "exclusiveMinimum",
    "lte": "maximum",
    "lt": "exclusiveMaximum",
}


@cache
def rules_of(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


def is_required(field: FieldDescriptor) -> bool:
    """Whether what stands for an absent field breaks a rule of it."""
    rules = rules_of(field)
    if field.is_repeated:
        return bool(rules.repeated.min_items)
    if field.has_presence:
        return bool(rules.required)
    text = rules.string
    is_text_needed = text.min_len or text.uuid or _refuses_nothing(text.pattern)
    return bool(is_text_needed or 0 in rules.enum.not_in or _is_above_zero(field))


def _refuses_nothing(pattern: str) -> bool:
    """Whether a text must be there to match. Classes of characters are no patterns of Python."""
    try:
        return re.search(pattern, "") is None
    except re.error:
        return False


def _is_above_zero(field: FieldDescriptor) -> bool:
    bounds = of_numbers(field, rules_of(field)) if field.type in NUMBERS else {}
    return bool(bounds.get("minimum", 0) > 0 or bounds.get("exclusiveMinimum", -1) >= 0)


def of_numbers(field: FieldDescriptor, rules: Any) -> Schema:
    bounds = getattr(rules, NUMBERS[field.type])
    return {ours: getattr(bounds, name) for name, ours in BOUNDS.items() if bounds.HasField(name)}


def of_texts(rules: Any) -> Schema:
    text = rules.string
    found: Schema = {}
    if text.min_len:
        found["minLength"] = text.min_len
    if text.HasField("max_len"):
        found["maxLength"] = text.max_len
    if text.pattern:
        found["pattern"] = text.pattern
    if text.uuid:
        found["format"] = "uuid"
    return found


def of_lists(rules: Any) -> Schema:
    counts = rules.repeated
    found: Schema = {}
    if counts.min_items:
        found["minItems"] = counts.min_items
    if counts.HasField("max_items"):
        found["maxItems"] = counts.max_items
    if counts.unique:
        found["uniqueItems"] = True
    return found
