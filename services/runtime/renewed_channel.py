"""A channel whose certificate may be replaced while calls flow: grpc's own keep that of their
beginning (https://github.com/grpc/grpc/issues/41779)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from typing import Any

import grpc
import structlog

from services.runtime.certificate import Certificate

Opening = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]
LOOK_SECONDS = 1.0
# Calls that began by the old certificate end as they would have; none is let to live longer.
OLD_SECONDS = 7200.0


class RenewedChannel(grpc.aio.Channel):
    """Calls go by a channel of the certificate that its files hold, as of a second ago."""

    def __init__(self, certificate: Certificate, opening: Opening) -> None:
        """Raises OSError if the certificate is of no use."""
        self._certificate = certificate
        self._opening = opening
        self._stamp = certificate.stamp()
        self._channel = opening(certificate.of_caller())
        self._looked_at = monotonic()
        self._old: set[asyncio.Task[None]] = set()

    def current(self) -> grpc.aio.Channel:
        if monotonic() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = monotonic()
            # Files that are being replaced keep the channel of before.
            with suppress(OSError):
                self._renew()
        return self._channel

    def _renew(self) -> None:
        stamp = self._certificate.stamp()
        if stamp == self._stamp:
            return
        renewed = self._opening(self._certificate.of_caller())
        self._channel, old, self._stamp = renewed, self._channel, stamp
        closing = asyncio.create_task(old.close(OLD_SECONDS))
        self._old.add(closing)
        closing.add_done_callback(self._old.discard)
        structlog.get_logger("channels").info("certificate renewed")

    def unary_unary(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "unary_unary", given, named)

    def unary_stream(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "unary_stream", given, named)

    def stream_unary(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "stream_unary", given, named)

    def stream_stream(self, *given: Any, **named: Any) -> Any:
        return _Method(self, "stream_stream", given, named)

    async def close(self, grace: float | None = None) -> None:
        for closing in self._old:
            closing.cancel()
        await asyncio.gather(*self._old, return_exceptions=True)
        await self._channel.close(grace)

    async def __aenter__(self) -> "RenewedChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.current().channel_ready()


class _Method:
    """An RPC of whichever channel is the current one."""

    def __init__(
        self, channel: RenewedChannel, kind: str, given: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        self._channel = channel
        self._how = kind, given, named
        self._made_of: grpc.aio.Channel | None = None
        self._made: Any = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        current = self._channel.current()
        if current is not self._made_of:
            kind, of_method, also = self._how
            self._made, self._made_of = getattr(current, kind)(*of_method, **also), current
        return self._made(*given, **named)
