"""A pool of connections that tells who waits for one, for how long, and what RPCs do with them."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import asyncpg

from services.runtime.telemetry.instruments import CURRENT_RPC, instruments
from services.runtime.telemetry.tallies import Labels

POOL, STATE, RPC = "db.client.connection.pool.name", "db.client.connection.state", "rpc.method"
WAIT, USE = "db.client.connection.wait_time", "db.client.connection.use_time"
COUNT, MAX = "db.client.connection.count", "db.client.connection.max"
PENDING, TIMEOUTS = "db.client.connection.pending_requests", "db.client.connection.timeouts"
# As asyncpg.create_pool has them, which makes no pools of another class.
USUAL: dict[str, Any] = {
    "init_size": None,
    "max_queries": 50_000,
    "max_inactive_connection_lifetime": 300.0,
    "loop": None,
    "connection_class": asyncpg.Connection,
    "record_class": asyncpg.Record,
}
CHECK_SECONDS = 2.0
# A caller who goes sooner says nothing of the pool.
LONG_SECONDS = 1.0
AWAY = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    # Between a server's last words and the end of its connection the driver does not know itself.
    asyncpg.InternalClientError,
)
Values = Iterable[tuple[Labels, float]]


class MeasuredPool(asyncpg.Pool):
    """Counts around what asyncpg does; its connections and their order are as they were."""

    def __init__(self, dsn: str, *, name: str, **options: Any) -> None:
        """The name is that of the role that its connections have."""
        super().__init__(dsn, **(USUAL | options))
        self._dsn = dsn
        self._name = name
        self._waiting = 0
        self._uses: dict[Any, tuple[str, float]] = {}
        self._measure()

    async def trouble(self) -> str:
        """Why the server does not answer; "" if it does, however busy the pool is."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._ask()
        except asyncpg.TooManyConnectionsError:
            return ""
        except TimeoutError:
            return f"no connection has answered within {CHECK_SECONDS:g} s"
        except AWAY as away:
            return str(away) or type(away).__name__
        return ""

    async def _ask(self) -> None:
        """Waits for no other, and is not counted as one who waits."""
        if self._queue.empty():  # type: ignore[attr-defined] # not in its stubs
            await self._ask_beside()
            return
        connection = await super()._acquire(None)  # type: ignore[misc] # not in its stubs
        try:
            await connection.fetchval("select 1")
        finally:
            await super().release(connection)

    async def _ask_beside(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=CHECK_SECONDS)
        try:
            await connection.fetchval("select 1")
        finally:
            connection.terminate()

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        rpc, began = CURRENT_RPC.get(), time.perf_counter()
        self._waiting += 1
        try:
            connection = await super()._acquire(timeout)  # type: ignore[misc] # not in its stubs
        except TimeoutError:
            self._timeouts[(self._name,)] += 1
            raise
        except asyncio.CancelledError:
            # A deadline comes as one too.
            self._timeouts[(self._name,)] += time.perf_counter() - began >= LONG_SECONDS
            raise
        finally:
            self._waiting -= 1
            got = time.perf_counter()
            self._waits.note((self._name, rpc), got - began)
        self._uses[connection] = (rpc, got)
        return connection

    async def release(self, connection: Any, **options: Any) -> None:
        rpc, began = self._uses.pop(connection, ("", 0.0))
        if began:
            self._used.note((self._name, rpc), time.perf_counter() - began)
        await super().release(connection, **options)

    def _measure(self) -> None:
        measured = instruments()
        self._waits = measured.histogram(
            WAIT, "s", "How long a connection of a pool was waited for", (POOL, RPC)
        )
        self._used = measured.histogram(
            USE, "s", "How long a connection of a pool was held", (POOL, RPC)
        )
        self._timeouts = measured.counter(
            TIMEOUTS, "{timeout}", "Waits for a connection that were given up", (POOL,)
        )
        measured.gauge(COUNT, "{connection}", "Connections of a pool", (POOL, STATE), self._count)
        measured.gauge(MAX, "{connection}", "The most that a pool may have", (POOL,), self._most)
        measured.gauge(
            PENDING, "{request}", "Those who wait for a connection", (POOL,), self._pending
        )

    def _count(self) -> Values:
        idle = self.get_idle_size()
        used = max(self.get_size() - idle, 0)
        return [((self._name, "idle"), idle), ((self._name, "used"), used)]

    def _most(self) -> Values:
        return [((self._name,), self.get_max_size())]

    def _pending(self) -> Values:
        return [((self._name,), self._waiting)]
