"""A channel whose certificate may be replaced while calls flow: grpc's own keep that of their
beginning (https://github.com/grpc/grpc/issues/41779)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

import grpc
import structlog

from services.runtime.certificate import Certificate

Opening = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]
LOOK_SECONDS = 0.25


@dataclass(eq=False)
class _Opened:
    """A channel by one certificate, and how many calls it bears."""

    channel: grpc.aio.Channel
    idle: Callable[["_Opened"], None]
    under_way: int = 0

    def bear(self, call: Any) -> Any:
        self.under_way += 1
        call.add_done_callback(self._ended)
        return call

    def _ended(self, _: object) -> None:
        self.under_way -= 1
        if not self.under_way:
            self.idle(self)


class RenewedChannel(grpc.aio.Channel):
    """Calls go by a channel of the certificate that its files hold, as of a moment ago. Those that
    began by another one end as they would have."""

    def __init__(self, certificate: Certificate, opening: Opening) -> None:
        """Raises OSError if the certificate is of no use."""
        self._certificate = certificate
        self._opening = opening
        self._stamp = certificate.stamp()
        self._newest = self._opened()
        self._looked_at = monotonic()
        self._old: set[_Opened] = set()
        self._closing: set[asyncio.Task[None]] = set()

    def current(self) -> _Opened:
        if monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = monotonic()
            # Files that are being replaced keep the channel of before.
            with suppress(OSError):
                self._renew()
        return self._newest

    def _renew(self) -> None:
        stamp = self._certificate.stamp()
        if stamp == self._stamp:
            return
        renewed, old = self._opened(), self._newest
        self._newest, self._stamp = renewed, stamp
        self._old.add(old)
        structlog.get_logger("channels").info("certificate renewed")
        if not old.under_way:
            self._let_go(old)

    def _opened(self) -> _Opened:
        return _Opened(self._opening(self._certificate.of_caller()), self._let_go)

    def _let_go(self, idle: _Opened) -> None:
        """Of the newest there will be more calls."""
        if idle not in self._old:
            return
        self._old.discard(idle)
        closing = asyncio.get_running_loop().create_task(idle.channel.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def unary_unary(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "unary_unary", given, named)

    def unary_stream(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "unary_stream", given, named)

    def stream_unary(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "stream_unary", given, named)

    def stream_stream(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "stream_stream", given, named)

    async def close(self, grace: float | None = None) -> None:
        opened, self._old = [self._newest, *self._old], set()
        await asyncio.gather(*self._closing, *(one.channel.close(grace) for one in opened))

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.current().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.current().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current().channel.channel_ready()


class _Method:
    """An RPC of whichever channel is the current one."""

    def __init__(
        self, channel: RenewedChannel, kind: str, given: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        self._channel = channel
        self._how = kind, given, named
        self._made_of: _Opened | None = None
        self._made: Any = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        current = self._channel.current()
        if current is not self._made_of:
            kind, of_method, also = self._how
            self._made = getattr(current.channel, kind)(*of_method, **also)
            self._made_of = current
        return current.bear(self._made(*given, **named))
