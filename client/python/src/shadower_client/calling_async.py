"""Calls that are awaited: with an identity, a deadline, and again if that can help."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

import grpc

from shadower_client.credentials import AsyncCredentials
from shadower_client.errors import ShadowerError, of_rpc
from shadower_client.method import Defaults, Header, Method, R, Values, headers, new_id
from shadower_client.pages import AsyncPages
from shadower_client.retrying import Attempts


@dataclass
class AsyncCaller:
    """Makes calls over one channel, in one event loop."""

    channel: grpc.aio.Channel
    credentials: AsyncCredentials
    defaults: Defaults
    opened: dict[str, Callable[..., Any]] = field(default_factory=dict)

    async def unary(
        self, method: Method[R], values: Values, workspace: str | None, timeout: float | None
    ) -> R:
        request = self.defaults.request(method, values, workspace)
        return method.read(await self.send(method, request, timeout))

    async def send(self, method: Method[Any], request: Any, timeout: float | None = None) -> Any:
        """For messages of protobuf."""
        attempts, request_id = self.defaults.attempts(method, timeout), new_id()
        while True:
            try:
                return await self._open(method, self.channel.unary_unary)(
                    request,
                    timeout=attempts.left(),
                    metadata=await self._headers(request, request_id),
                )
            except grpc.RpcError as error:
                await self._wait(attempts, of_rpc(error, request_id))

    async def stream(
        self, method: Method[R], values: Values, workspace: str | None, timeout: float | None
    ) -> AsyncIterator[R]:
        """Without a deadline, unless told. What fails before the first message is tried again."""
        request = self.defaults.request(method, values, workspace)
        attempts, has_begun = self.defaults.attempts(method, timeout), False
        while True:
            try:
                async for message in self._messages(method, request, timeout):
                    has_begun = True
                    yield message
                return
            except ShadowerError as error:
                if has_begun:
                    raise
                await self._wait(attempts, error)

    async def resumed(
        self, method: Method[Any], values: Values, workspace: str | None, timeout: float | None
    ) -> AsyncIterator[Any]:
        """One whose messages have cursors, and which goes on behind the last of them."""
        request = self.defaults.request(method, values, workspace)
        attempts = self.defaults.attempts(method, inf)
        while True:
            try:
                async for message in self._messages(method, request, timeout):
                    if message.status:
                        raise message.status
                    request.cursor, attempts = message.cursor, self.defaults.attempts(method, inf)
                    yield message
                return
            except ShadowerError as error:
                await self._wait(attempts, error)

    async def _messages(
        self, method: Method[R], request: Any, timeout: float | None
    ) -> AsyncIterator[R]:
        request_id = new_id()
        call = self._open(method, self.channel.unary_stream)(
            request, timeout=timeout, metadata=await self._headers(request, request_id)
        )
        try:
            async for message in call:
                yield method.read(message)
        except grpc.RpcError as error:
            raise of_rpc(error, request_id) from None
        finally:
            call.cancel()

    def pages(
        self,
        method: Method[R],
        values: Values,
        workspace: str | None,
        timeout: float | None,
        items: str,
    ) -> AsyncPages[R, Any]:
        async def fetch(token: str) -> R:
            asked = {**values, "page_token": token} if token else values
            return await self.unary(method, asked, workspace, timeout)

        return AsyncPages(fetch, items)

    def _open(self, method: Method[Any], kind: Callable[..., Any]) -> Callable[..., Any]:
        if method.path not in self.opened:
            self.opened[method.path] = kind(method.path, **method.coding())
        return self.opened[method.path]

    async def _headers(self, request: Any, request_id: str) -> tuple[Header, ...]:
        return headers(request, await self.credentials.header(), request_id)

    async def _wait(self, attempts: Attempts, error: ShadowerError) -> None:
        """Until the next attempt; raises the error if there is none."""
        if not (attempts.wants_renewal(error) and self.credentials.renew()):
            await asyncio.sleep(attempts.pause(error))
