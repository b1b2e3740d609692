"""Who calls: a token, a program that hands out tokens, or an API key."""

import asyncio
import base64
import binascii
import inspect
import json
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

TokenProvider: TypeAlias = Callable[[], str]
AsyncTokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]

EARLY_SECONDS = 30
"""So long before its end a token is not used any more, for the call takes time, and clocks
differ.
"""


NO_TOKEN = ("", 0.0)


@dataclass
class KeptToken:
    """The token that was handed out last."""

    # One attribute, so that other threads see a token with its own end, or none.
    last: tuple[str, float] = NO_TOKEN

    def good(self) -> str:
        """Empty if it is none any more."""
        token, expires = self.last
        return token if time.time() < expires - EARLY_SECONDS else ""

    def keep(self, token: str) -> str:
        self.last = (token, expiry(token))
        return token

    def forget(self, refused: tuple[str, str]) -> None:
        """Another one may have come since that header was sent."""
        token, _ = self.last
        if bearer(token) == refused:
            self.last = NO_TOKEN


def expiry(token: str) -> float:
    """When a JWT ends, in seconds since 1970; what cannot be read is used until it is refused."""
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return float("inf")


def bearer(token: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {token}")


def given(token: object, api_key: str | None) -> None:
    """Raises ValueError unless it is one of the two."""
    if (token is None) == (api_key is None):
        raise ValueError("give a token (or what returns one), or an api_key")


class Identity(Protocol):
    """Says who calls, to calls that block."""

    def header(self) -> tuple[str, str]: ...

    def renew(self, refused: tuple[str, str]) -> bool: ...


@dataclass
class Credentials:
    """For calls that block."""

    token: str | TokenProvider | None
    api_key: str | None = None
    kept: KeptToken = field(default_factory=KeptToken)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        given(self.token, self.api_key)

    def header(self) -> tuple[str, str]:
        if self.api_key is not None:
            return ("x-api-key", self.api_key)
        return bearer(self._current())

    def _current(self) -> str:
        if not callable(self.token):
            return self.token or ""
        with self.lock:
            return self.kept.good() or self.kept.keep(self.token())

    def renew(self, refused: tuple[str, str]) -> bool:
        """Forgets the token of this header; whether there may be another one."""
        with self.lock:
            self.kept.forget(refused)
        return callable(self.token)


@dataclass
class AsyncCredentials:
    """For calls that are awaited."""

    token: str | AsyncTokenProvider | None
    api_key: str | None = None
    kept: KeptToken = field(default_factory=KeptToken)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        given(self.token, self.api_key)

    async def header(self) -> tuple[str, str]:
        return self.known() or bearer(await self._handed_out())

    def known(self) -> tuple[str, str] | None:
        """What nobody has to be asked for."""
        if self.api_key is not None:
            return ("x-api-key", self.api_key)
        if not callable(self.token):
            return bearer(self.token or "")
        token = self.kept.good()
        return bearer(token) if token else None

    async def _handed_out(self) -> str:
        async with self.lock:
            if kept := self.kept.good():
                return kept
            assert callable(self.token), "one that is given is known"  # noqa: S101
            token = self.token()
            return self.kept.keep(await token if inspect.isawaitable(token) else token)

    def renew(self, refused: tuple[str, str]) -> bool:
        """Forgets the token of this header; whether there may be another one."""
        self.kept.forget(refused)
        return callable(self.token)


@dataclass
class BesideLoop:
    """Those of a client that awaits, for a thread beside its event loop: what hands out tokens is
    asked in the loop, where it belongs, or after its end in one of its own.
    """

    credentials: AsyncCredentials
    loop: asyncio.AbstractEventLoop
    seconds: float
    """How long the loop may take."""

    def header(self) -> tuple[str, str]:
        if known := self.credentials.known():
            return known
        if not self.loop.is_running():
            return asyncio.run(self._alone().header())
        asked = asyncio.run_coroutine_threadsafe(self.credentials.header(), self.loop)
        try:
            return asked.result(self.seconds)
        finally:
            asked.cancel()

    def renew(self, refused: tuple[str, str]) -> bool:
        return self.credentials.renew(refused)

    def _alone(self) -> AsyncCredentials:
        """Locks belong to loops."""
        return replace(self.credentials, lock=asyncio.Lock())
