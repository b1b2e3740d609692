"""Connections to PostgreSQL whose statements are spans.

https://opentelemetry.io/docs/specs/semconv/database/postgresql/
"""

import re
from functools import lru_cache, wraps
from typing import Any

import asyncpg

from services.runtime.telemetry.spans import CLIENT, RUNNING, Doing, Shape

REMEMBERED = 1_024
# Of a statement: who needs the rest of it knows by its beginning where it stands.
MOST_CHARACTERS = 300
VERB = re.compile(r"\b(explain|select|insert|update|delete|merge|call|begin|commit|rollback)\b")
TABLE = re.compile(r"\b(?:from|into|update)\s+(?:only\s+)?([a-z_][a-z_0-9.]*)")


def _told(method: Any) -> Any:
    """A statement's text is of our own files: what callers say is in its parameters."""

    @wraps(method)
    async def statement(self: Any, text: str, *values: Any, **options: Any) -> Any:
        running = RUNNING.get()
        if running is None or not running.takes_children:
            return await method(self, text, *values, **options)
        with Doing(running.child(shape_of(text))):
            return await method(self, text, *values, **options)

    return statement


def _copied(method: Any) -> Any:
    @wraps(method)
    async def copy(self: Any, table: str, **options: Any) -> Any:
        running = RUNNING.get()
        if running is None or not running.takes_children:
            return await method(self, table, **options)
        with Doing(running.child(_shape_of_copy(table))):
            return await method(self, table, **options)

    return copy


class TracedConnection(asyncpg.Connection):
    """Tells of what is done within something that is traced."""

    __slots__ = ()

    execute = _told(asyncpg.Connection.execute)
    executemany = _told(asyncpg.Connection.executemany)
    fetch = _told(asyncpg.Connection.fetch)
    fetchval = _told(asyncpg.Connection.fetchval)
    fetchrow = _told(asyncpg.Connection.fetchrow)
    copy_records_to_table = _copied(asyncpg.Connection.copy_records_to_table)


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
