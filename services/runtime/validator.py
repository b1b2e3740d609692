"""Checks messages by the rules that stand in the contract."""

import json

import protovalidate
from google.protobuf.message import Message

from services.runtime.faults import FieldViolation


class MessageValidator:
    """Finds what is wrong with a message, field by field."""

    def __init__(self) -> None:
        self._validator = protovalidate.Validator()

    def violations(self, message: Message, prefix: str = "") -> list[FieldViolation]:
        """Violations with paths such as `executions[3].end_time`, below `prefix`."""
        try:
            found = self._validator.collect_violations(message)
        except protovalidate.EvaluationError:
            # A rule could not be calculated, so a value lies beyond anything that it may be.
            return [FieldViolation(prefix or message.DESCRIPTOR.name, "is out of range")]
        return [FieldViolation(_path(one.proto, prefix), _message(one.proto)) for one in found]


def _message(violation: protovalidate.ViolationPb) -> str:
    """Zero is how an enum says that it was not set."""
    return "must be set" if violation.rule_id == "enum.not_in" else violation.message


def _path(violation: protovalidate.ViolationPb, prefix: str) -> str:
    """A rule of a whole message names its field in its id: "end_time.after_start_time".

    A oneof is named by the path itself, and its rule is called "required".
    """
    elements = [_step(element) for element in violation.field.elements] if violation.field else []
    if violation.rule is None and violation.rule_id != "required":
        elements.append(violation.rule_id.partition(".")[0])
    return ".".join([prefix, *elements] if prefix else elements)


def _step(element: protovalidate.FieldPathElementPb) -> str:
    subscript = element.subscript
    if subscript is None:
        return element.field_name
    return f"{element.field_name}[{json.dumps(subscript.value)}]"
