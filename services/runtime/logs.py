"""Logs as JSON lines on standard error, ours and the libraries' alike: without secrets, and each
with the call and the trace in which it was written."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from services.runtime.call import CURRENT_CALL
from services.runtime.call_log import CallLog
from services.runtime.redaction import redact
from services.runtime.telemetry.running import running_place


def configure_logs(service: str, level: str) -> None:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_call,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    # While a broker is away it says so many times a second; what follows from it, we say.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.basicConfig(level=level.upper(), handlers=[_handler(shared)], force=True)


def add_call(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """What leads from a line to all others of the call, and to its trace."""
    place, call = running_place(), CURRENT_CALL.get(None)
    if place.trace_id:
        entry.setdefault("trace_id", place.trace_id)
        entry.setdefault("span_id", place.span_id)
    if call is not None:
        entry.setdefault("request_id", call.request_id)
        entry.setdefault("workspace_id", call.workspace_id or None)
    return entry


def open_call_log(level: str) -> CallLog | None:
    """None if nobody wants to read of each call."""
    if logging.getLevelName(level.upper()) > logging.INFO:
        return None
    context = structlog.contextvars.get_contextvars()
    return CallLog(sys.stderr.buffer, event="call", level="info", logger="rpc", **context)


def _handler(shared: list[structlog.typing.Processor]) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    return handler
