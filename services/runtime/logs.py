"""Logs as JSON lines on standard error, ours and the libraries' alike."""

import logging
import sys

import structlog

from services.runtime.call_log import CallLog


def configure_logs(service: str, level: str) -> None:
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
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
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    return handler
