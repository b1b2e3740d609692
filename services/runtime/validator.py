"""Checks messages by the rules that stand in the contract."""

import protovalidate
from google.protobuf.message import Message

from services.runtime.faults import FieldViolation


class MessageValidator:
    """Finds what is wrong with a message, field by field."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def violations(self, message: Message, prefix: str = "") -> list[FieldViolation]:
        """Violations with paths such as `executions[3].end_time`, below `prefix`."""
        return [
            FieldViolation(_path(violation.proto, prefix), violation.proto.message)
            for violation in self._validator.collect_violations(message)
        ]


def _path(violation: protovalidate.ViolationPb, prefix: str) -> str:
    """A rule of a whole message names its field in its id: "end_time.after_start_time"."""
    elements = [_step(element) for element in violation.field.elements] if violation.field else []
    if violation.rule is None:
        elements.append(violation.rule_id.partition(".")[0])
    return ".".join([prefix, *elements] if prefix else elements)


def _step(element: protovalidate.FieldPathElementPb) -> str:
    subscript = element.subscript
    if subscript is None:
        return element.field_name
    value = subscript.value
    return (
        f"{element.field_name}[{value!r}]"
        if isinstance(value, str)
        else f"{element.field_name}[{value}]"
    )
