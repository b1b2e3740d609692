"""Connections to PostgreSQL whose statements are spans.

https://opentelemetry.io/docs/specs/semconv/database/postgresql/
"""

import re
import time
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import asyncpg

from services.runtime.telemetry.running import RUNNING
from services.runtime.telemetry.shapes import CLIENT, Shape

REMEMBERED = 1_024
# Of a statement: who needs the rest of it knows by its beginning where it stands.
MOST_CHARACTERS = 300
VERB = re.compile(r"\b(explain|select|insert|update|delete|merge|call|begin|commit|rollback)\b")
TABLE = re.compile(r"\b(?:from|into|update)\s+(?:only\s+)?([a-z_][a-z_0-9.]*)")


def _told(method: Any, shape_of: Callable[[str], Shape]) -> Any:
    """Calls a method whose first argument says what is done. What callers say is in the others."""

    @wraps(method)
    async def told(self: Any, what: str, *values: Any, **options: Any) -> Any:
        running = RUNNING.get()
        if running is None or not running.takes_children:
            return await method(self, what, *values, **options)
        began, failure = time.time_ns(), None
        try:
            return await method(self, what, *values, **options)
        except BaseException as error:
            failure = type(error).__qualname__
            raise
        finally:
            running.note(shape_of(what), began, failure)

    return told


@lru_cache(REMEMBERED)
def shape_of(text: str) -> Shape:
    """Named by what it does and to which table, as far as its first words tell."""
    words = text.lower()
    verb, table = VERB.search(words), TABLE.search(words)
    operation = verb.group(1).upper() if verb else "EXECUTE"
    summary = f"{operation} {table.group(1)}" if table else operation
    return _shape(operation, summary, text)


@lru_cache(REMEMBERED)
def _shape_of_copy(table: str) -> Shape:
    return _shape("COPY", f"COPY {table}", f"copy {table} from stdin")


def _shape(operation: str, summary: str, text: str) -> Shape:
    return Shape(
        summary,
        CLIENT,
        db__system__name="postgresql",
        db__operation__name=operation,
        db__query__summary=summary,
        db__query__text=" ".join(text.split())[:MOST_CHARACTERS],
    )


class TracedConnection(asyncpg.Connection):
    """Tells of what is done within something that is traced."""

    __slots__ = ()

    execute = _told(asyncpg.Connection.execute, shape_of)
    executemany = _told(asyncpg.Connection.executemany, shape_of)
    fetch = _told(asyncpg.Connection.fetch, shape_of)
    fetchval = _told(asyncpg.Connection.fetchval, shape_of)
    fetchrow = _told(asyncpg.Connection.fetchrow, shape_of)
    copy_records_to_table = _told(asyncpg.Connection.copy_records_to_table, _shape_of_copy)
