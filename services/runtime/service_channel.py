"""One channel for the services of the whole contract: each RPC goes to where its service is."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc


class ServiceChannel(grpc.aio.Channel):
    """Opens a channel for each service when its first stub is made."""

    def __init__(self, opening: Callable[[str], grpc.aio.Channel]) -> None:
        """By the service's full name."""
        self._opening = opening
        self._channels: dict[str, grpc.aio.Channel] = {}

    def _of(self, method: str) -> grpc.aio.Channel:
        service = method.split("/")[1]
        if service not in self._channels:
            self._channels[service] = self._opening(service)
        return self._channels[service]

    def unary_unary(self, method: str, *given: Any, **named: Any) -> Any:
        return self._of(method).unary_unary(method, *given, **named)

    def unary_stream(self, method: str, *given: Any, **named: Any) -> Any:
        return self._of(method).unary_stream(method, *given, **named)

    def stream_unary(self, method: str, *given: Any, **named: Any) -> Any:
        return self._of(method).stream_unary(method, *given, **named)

    def stream_stream(self, method: str, *given: Any, **named: Any) -> Any:
        return self._of(method).stream_stream(method, *given, **named)

    async def close(self, grace: float | None = None) -> None:
        await asyncio.gather(*(one.close(grace) for one in self._channels.values()))

    async def __aenter__(self) -> "ServiceChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """The worst of them tells nothing of the others."""
        raise NotImplementedError

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        raise NotImplementedError

    async def channel_ready(self) -> None:
        await asyncio.gather(*(one.channel_ready() for one in self._channels.values()))
