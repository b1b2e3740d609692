"""The client, for programs that block and for those that await."""

import asyncio
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, Unpack

import grpc

from shadower_client.api.access import AccessApi, AsyncAccessApi
from shadower_client.api.agents import AgentsApi, AsyncAgentsApi
from shadower_client.api.aggregates import AggregatesApi, AsyncAggregatesApi
from shadower_client.api.alerts import AlertsApi, AsyncAlertsApi
from shadower_client.api.bus import AsyncDeadLettersApi, DeadLettersApi
from shadower_client.api.exports import AsyncExportsApi, ExportsApi
from shadower_client.api.ingest import (
    AsyncIngestApi,
    AsyncPricingApi,
    IngestApi,
    PricingApi,
)
from shadower_client.api.limits import AsyncLimitsApi, LimitsApi
from shadower_client.api.metrics import AsyncMetricsApi, MetricsApi
from shadower_client.api.notifications import AsyncNotificationsApi, NotificationsApi
from shadower_client.api.reports import AsyncReportsApi, ReportsApi
from shadower_client.api.scheduler import AsyncSchedulerApi, SchedulerApi
from shadower_client.api.upkeep import (
    AsyncErasureApi,
    AsyncHealthApi,
    AsyncRetentionApi,
    ErasureApi,
    HealthApi,
    RetentionApi,
)
from shadower_client.api.workspaces import AsyncWorkspacesApi, WorkspacesApi
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.connection import Connection, Options, Tls
from shadower_client.credentials import (
    AsyncCredentials,
    AsyncTokenProvider,
    BesideLoop,
    Credentials,
    TokenProvider,
)
from shadower_client.method import Defaults
from shadower_client.producing.producer import Producer
from shadower_client.producing.producer_async import AsyncProducer
from shadower_client.producing.settings import ProducerOptions, ProducerSettings
from shadower_client.retrying import RetryPolicy

TIMEOUT_SECONDS = 30.0
RETRY = RetryPolicy()


class Client:
    """Calls that block, from any thread, over one connection.

    :param address: A URL, host:port, or unix:path. TLS is used unless that is on this machine.
    :param token: A token, or what returns one and is asked again before it expires.
    :param api_key: A key of the workspace, in place of a token.
    :param workspace: Which one is meant where a call names none.
    :param timeout: Seconds that a call may take with all its attempts, unless it says otherwise.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | TokenProvider | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retry: RetryPolicy = RETRY,
        tls: bool | Tls | None = None,
        options: Options = (),
    ) -> None:
        credentials = Credentials(token, api_key)
        self._producers: list[Producer] = []
        self._channel = Connection.to(address, tls, options).open()
        self._caller = Caller(self._channel, credentials, Defaults(workspace, timeout, retry))
        self.metrics = MetricsApi(self._caller)
        self.aggregates = AggregatesApi(self._caller)
        self.workspaces = WorkspacesApi(self._caller)
        self.agents = AgentsApi(self._caller)
        self.ingestion = IngestApi(self._caller)
        self.prices = PricingApi(self._caller)
        self.alerts = AlertsApi(self._caller)
        self.notifications = NotificationsApi(self._caller)
        self.reports = ReportsApi(self._caller)
        self.exports = ExportsApi(self._caller)
        self.jobs = SchedulerApi(self._caller)
        self.dead_letters = DeadLettersApi(self._caller)
        self.access = AccessApi(self._caller)
        self.limits = LimitsApi(self._caller)
        self.retention = RetentionApi(self._caller)
        self.erasures = ErasureApi(self._caller)
        self.health = HealthApi(self._caller)

    def producer(
        self,
        *,
        spool: str | Path | None = None,
        workspace: str | None = None,
        **settings: Unpack[ProducerOptions],
    ) -> Producer:
        """Records in the background: see Producer, and ProducerSettings for what may be set."""
        producer = Producer(self._caller, spool, workspace, ProducerSettings(**settings))
        self._producers.append(producer)
        return producer

    def close(self) -> None:
        """Also its producers, which send what waits. If one cannot be closed, all else is."""
        with ExitStack() as stack:
            stack.callback(self._channel.close)
            for producer in reversed(self._producers):
                stack.callback(producer.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient:
    """Calls that are awaited, in one event loop, over one connection.

    :param address: A URL, host:port, or unix:path. TLS is used unless that is on this machine.
    :param token: A token, or what returns one, now or awaited, and is asked again before it
        expires.
    :param api_key: A key of the workspace, in place of a token.
    :param workspace: Which one is meant where a call names none.
    :param timeout: Seconds that a call may take with all its attempts, unless it says otherwise.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | AsyncTokenProvider | None = None,
        api_key: str | None = None,
        workspace: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        retry: RetryPolicy = RETRY,
        tls: bool | Tls | None = None,
        options: Options = (),
    ) -> None:
        self._producers: list[AsyncProducer] = []
        self._connection = Connection.to(address, tls, options)
        self._channel = self._connection.open_async()
        self._beside: grpc.Channel | None = None
        self._defaults = Defaults(workspace, timeout, retry)
        self._credentials = AsyncCredentials(token, api_key)
        self._caller = AsyncCaller(self._channel, self._credentials, self._defaults)
        self.metrics = AsyncMetricsApi(self._caller)
        self.aggregates = AsyncAggregatesApi(self._caller)
        self.workspaces = AsyncWorkspacesApi(self._caller)
        self.agents = AsyncAgentsApi(self._caller)
        self.ingestion = AsyncIngestApi(self._caller)
        self.prices = AsyncPricingApi(self._caller)
        self.alerts = AsyncAlertsApi(self._caller)
        self.notifications = AsyncNotificationsApi(self._caller)
        self.reports = AsyncReportsApi(self._caller)
        self.exports = AsyncExportsApi(self._caller)
        self.jobs = AsyncSchedulerApi(self._caller)
        self.dead_letters = AsyncDeadLettersApi(self._caller)
        self.access = AsyncAccessApi(self._caller)
        self.limits = AsyncLimitsApi(self._caller)
        self.retention = AsyncRetentionApi(self._caller)
        self.erasures = AsyncErasureApi(self._caller)
        self.health = AsyncHealthApi(self._caller)

    def producer(
        self,
        *,
        spool: str | Path | None = None,
        workspace: str | None = None,
        **settings: Unpack[ProducerOptions],
    ) -> AsyncProducer:
        """Records in the background: see AsyncProducer, and ProducerSettings for what may be set.
        To be called in the event loop in which tokens are handed out.
        """
        told = ProducerSettings(**settings)
        producer = AsyncProducer(self._caller_beside(told.call_seconds), spool, workspace, told)
        self._producers.append(producer)
        return producer

    def _caller_beside(self, seconds: float) -> Caller:
        """For the threads of producers, which have a connection of their own."""
        identity = BesideLoop(self._credentials, _loop_of_tokens(), seconds)
        if self._beside is None:
            self._beside = self._connection.open()
        return Caller(self._beside, identity, self._defaults)

    async def close(self) -> None:
        """Also its producers, which send what waits. If one cannot be closed, all else is."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._channel.close)
            if self._beside is not None:
                stack.callback(self._beside.close)
            for producer in reversed(self._producers):
                stack.push_async_callback(producer.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _loop_of_tokens() -> asyncio.AbstractEventLoop:
    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        raise RuntimeError(
            "call producer() in the event loop in which tokens are handed out"
        ) from error
