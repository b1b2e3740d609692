"""The process's connections to PostgreSQL: few, bounded, each with its limits set."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeAlias

import asyncpg

from services.runtime.measured_pool import MeasuredPool
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments
from services.runtime.telemetry.statements import TracedConnection
from services.runtime.telemetry.tracer import TRACER

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

Prepare: TypeAlias = Callable[[Any], Awaitable[None]]

SCHEMA = "shadower"
SERVICE_ROLE = "shadower_service"
RELAY_ROLE = "shadower_relay"
LIMITER_ROLE = "shadower_limiter"
FOLLOWER_ROLE = "shadower_follower"
KEEPER_ROLE = "shadower_keeper"
SCHEDULER_ROLE = "shadower_scheduler"
EVALUATOR_ROLE = "shadower_evaluator"
NOTIFIER_ROLE = "shadower_notifier"
REPORTER_ROLE = "shadower_reporter"
EXPORTER_ROLE = "shadower_exporter"
UPKEEP_ROLE = "shadower_upkeep"

# What a connection holds is free half a minute after its machine has gone without a word.
NOTICED_IF_GONE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
}

# To connect to a replica: without one, there is the primary.
REPLICA_SECONDS = 1.0

# What jsonb begins with in binary form; see jsonb_recv of PostgreSQL.
JSONB_VERSION = b"\x01"
NO_JSON = JSONB_VERSION + b"{}"


@asynccontextmanager
async def open_pool(
    settings: Settings, role: str = SERVICE_ROLE, prepare: Prepare | None = None
) -> AsyncIterator[Pool]:
    """A pool that connects on first use, so that a process can start before its database.

    `prepare` does what else a new connection needs.
    """
    pool = _pool(settings.database_url, settings, role, prepare)
    async with pool:
        with instruments().dependencies.on("postgresql", pool.trouble):
            yield pool


@asynccontextmanager
async def open_read_pool(settings: Settings) -> "AsyncIterator[Pool | None]":
    """To replicas of the database; None if there are none."""
    if not settings.database_read_url:
        yield None
        return
    url, role = settings.database_read_url, SERVICE_ROLE
    pool = _pool(url, settings, role, None, timeout=REPLICA_SECONDS)
    async with pool:
        with instruments().dependencies.on("postgresql_replica", pool.trouble):
            yield pool


def _pool(
    url: str,
    settings: Settings,
    role: str,
    prepare: Prepare | None,
    *,
    timeout: float = 60,
) -> MeasuredPool:
    return MeasuredPool(
        url,
        name=role if url == settings.database_url else f"{role}-replica",
        min_size=0,
        timeout=timeout,
        max_size=settings.pool_size,
        command_timeout=settings.statement_timeout_seconds + 1,
        server_settings=_session_settings(settings, role),
        init=partial(_prepare, prepare=prepare),
        reset=_leave,
        connection_class=_connection_class(),
    )


async def connect(settings: Settings, role: str = SERVICE_ROLE) -> Connection:
    """A connection beside the pool, for what holds one as long as the process lives."""
    connection: Connection = await asyncpg.connect(
        settings.database_url,
        connection_class=_connection_class(),
        server_settings=_session_settings(settings, role) | NOTICED_IF_GONE,
        timeout=10,
        command_timeout=settings.statement_timeout_seconds + 1,
    )
    await _prepare(connection)
    return connection


def _connection_class() -> Any:
    return TracedConnection if TRACER.get() else asyncpg.Connection


def _session_settings(settings: Settings, role: str) -> dict[str, str]:
    """A role that owns nothing, so that row-level security binds it whoever connects."""
    return {
        "application_name": "shadower",
        "role": role,
        "search_path": SCHEMA,
        "timezone": "UTC",
        "statement_timeout": f"{round(settings.statement_timeout_seconds * 1000)}ms",
        "idle_in_transaction_session_timeout": "60s",
        # A short analytical query never earns the cost of its compilation back.
        "jit": "off",
    }


async def _leave(_connection: object) -> None:
    """Whatever a transaction sets is over with it, and we set nothing else: the driver need not ask
    the server to forget."""


async def _prepare(connection: Any, *, prepare: Prepare | None = None) -> None:
    # In binary, since copied rows cannot be anything else.
    await connection.set_type_codec(
        "jsonb", encoder=write_json, decoder=_read_json, schema="pg_catalog", format="binary"
    )
    if prepare is not None:
        await prepare(connection)


def write_json(content: Any) -> bytes:
    return NO_JSON if content == {} else JSONB_VERSION + json.dumps(content).encode()


def _read_json(data: bytes) -> Any:
    """Numbers of google.protobuf.Struct are floats, also where jsonb writes them as integers."""
    return json.loads(data[1:], parse_int=float)
