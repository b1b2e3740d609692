"""Filters as people write them: agent=writer, status=failed, tag=region=eu."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.common.v1.filter_pb2 import Filter

from cli.failures import UsageError

FIELDS = {
    "agent": "agent_ids",
    "agent-version": "agent_versions",
    "user": "user_ids",
    "model": "models",
    "provider": "providers",
    "status": "statuses",
    "error-type": "error_types",
    "tag": "tags",
}
ENUMS: dict[str, tuple[Any, str]] = {
    "statuses": (ExecutionStatus, "EXECUTION_STATUS_"),
    "error_types": (ErrorType, "ERROR_TYPE_"),
}
FilterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--filter", "-f", help=f"name=value, a name of {', '.join(FIELDS)}. May be repeated."
    ),
]


def filter_of(given: Iterable[str] | None) -> Filter | None:
    """Values of one name are alternatives. Raises UsageError."""
    if not given:
        return None
    made = Filter()
    for one in given:
        name, separator, value = one.partition("=")
        if name not in FIELDS or not separator:
            raise UsageError(f"--filter {one}: say NAME=VALUE, with a name of {', '.join(FIELDS)}")
        getattr(made, FIELDS[name]).append(_value(FIELDS[name], value))
    return made


def _value(field: str, value: str) -> Any:
    if field not in ENUMS:
        return value
    enum, prefix = ENUMS[field]
    return enum_value(enum, prefix, value)


def enum_value(enum: Any, prefix: str, written: str) -> Any:
    """`timed-out` is EXECUTION_STATUS_TIMED_OUT. Raises UsageError."""
    names = [name for name, number in enum.items() if number]
    wanted = prefix + written.upper().replace("-", "_").replace(" ", "_")
    if wanted not in names:
        words = (name.removeprefix(prefix).lower().replace("_", "-") for name in names)
        raise UsageError(f"{written!r} is none of {', '.join(words)}")
    return enum.Value(wanted)
