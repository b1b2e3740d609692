"""Rules of the contract, read so that values can be chosen which keep them."""

import re
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

LONG_SECONDS = 10**7
INTEGERS = {
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
}
CONTROLS = r"\x00-\x1f\x7f"


@cache
def rules_of(field: FieldDescriptor) -> Any:
    return field.GetOptions().Extensions[validate_pb2.field]


@cache
def has_rules(kind: Descriptor) -> bool:
    """Whether a rule is about the message as a whole."""
    extension: Any = validate_pb2.message
    return bool(kind.GetOptions().Extensions[extension].cel)


def rules_of_items(field: FieldDescriptor) -> Any:
    return rules_of(field).repeated.items


def is_text_of(rules: Any, text: str) -> bool:
    asked = rules.string
    if len(text) < asked.min_len or (asked.HasField("max_len") and len(text) > asked.max_len):
        return False
    if asked.uuid and not _is_uuid(text):
        return False
    return not asked.pattern or bool(_pattern(asked.pattern).search(text))


def may_be_zero(field: FieldDescriptor, rules: Any) -> bool:
    """Whether an integer keeps its rules when it is not set."""
    name = INTEGERS.get(field.type)
    bounds = bounds_of(getattr(rules, name)) if name else None
    return bounds is None or bounds[0] <= 0 <= bounds[1]


def seconds_of(durations: Any) -> tuple[int, int]:
    """The least and the greatest that DurationRules allow, in whole seconds."""
    least = durations.gte.seconds if durations.HasField("gte") else 0
    most = durations.lte.seconds if durations.HasField("lte") else LONG_SECONDS
    return int(least), int(most)


def bounds_of(numbers: Any) -> tuple[float, float] | None:
    """The least and the greatest that Int32Rules and the like allow; None if they bound nothing."""
    least = numbers.gte if numbers.HasField("gte") else None
    most = numbers.lte if numbers.HasField("lte") else None
    if least is None and most is None:
        return None
    return (least if least is not None else -1000, most if most is not None else 1000)


@cache
def _pattern(written: str) -> re.Pattern[str]:
    """Python has no classes of Unicode; that of unprintable characters is the only one used."""
    return re.compile(written.replace(r"\p{C}", CONTROLS))


def _is_uuid(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))
