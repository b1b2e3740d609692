"""Sends requests to receivers that owners of workspaces name, so to anybody."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp

from services.notifications.guard import Guard, RefusedAddressError, parsed
from services.notifications.outcome import Outcome, Verdict, kept_text, unwell
from services.runtime.faults import InvalidArgument

MOST_READ = 2_048
READ_SECONDS = 1
LONGEST_RETRY_AFTER = timedelta(hours=12)
AGENT = "Shadower-Notifications/1"
GONE = 410
# Who says one of these would say it of any message, and perhaps not later.
UNWELL = (408, 425, 429, 500, 502, 503, 504)
# How a connection, or what comes by it, can break.
BROKEN = (aiohttp.ClientError, OSError, ssl.SSLError, ValueError, asyncio.LimitOverrunError)


@dataclass(frozen=True)
class Request:
    """What is posted."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    never: frozenset[int] = frozenset()
    """Answers after which it will not be taken, however often it comes."""


class Poster:
    """Follows no redirect, knows no proxy, keeps no cookie, and reads little of what it gets."""

    def __init__(self, secret: aiohttp.ClientSession, is_open: aiohttp.ClientSession) -> None:
        """By https, and by http."""
        self._sessions = {"https": secret, "http": is_open}

    async def post(self, request: Request) -> Outcome:
        try:
            return await self._post(request)
        except RefusedAddressError as refused:
            return _refused(str(refused))
        except InvalidArgument as refused:
            return _refused(refused.message)
        except TimeoutError:
            return unwell("TIMEOUT: there was no answer in time")
        except aiohttp.ClientConnectorError as unreachable:
            return _unreachable(unreachable)
        except BROKEN as broken:
            return unwell(f"UNREACHABLE: {type(broken).__name__}")

    async def _post(self, request: Request) -> Outcome:
        url = parsed(request.url, "url")
        headers = {"User-Agent": AGENT, "Content-Type": "application/json", **request.headers}
        session = self._sessions[url.scheme]
        async with session.post(
            url, data=request.body, headers=headers, allow_redirects=False
        ) as response:
            return _outcome(request, response, await _beginning(response))


@asynccontextmanager
async def open_poster(guard: Guard, seconds: float) -> AsyncIterator[Poster]:
    async with (
        _session(guard, seconds, is_open=False) as secret,
        _session(guard, seconds, is_open=True) as is_open,
    ):
        yield Poster(secret, is_open)


def _session(guard: Guard, seconds: float, *, is_open: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=guard.resolver(is_open=is_open),
        socket_factory=guard.socket_factory(is_open=is_open),
        use_dns_cache=False,
        # Who sends says how much at once.
        limit=0,
        keepalive_timeout=10,
    )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=seconds, ceil_threshold=seconds + 1),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
    )


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """Of what it says; empty if that does not come. The status has said already what counts."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            begins = await response.content.read(MOST_READ)
    except (TimeoutError, *BROKEN):
        return ""
    return kept_text(begins.decode(errors="replace"))


def _outcome(request: Request, response: aiohttp.ClientResponse, text: str) -> Outcome:
    code = response.status
    if 200 <= code < 300:
        return Outcome(Verdict.DELIVERED, code, response=text)
    verdict = Verdict.NEVER if code in request.never else Verdict.AGAIN
    return Outcome(
        Verdict.GONE if code == GONE else verdict,
        code,
        f"STATUS: {code}",
        text,
        retry_after=_retry_after(response.headers.get("Retry-After", "")),
        is_unwell=code in UNWELL,
    )


def _retry_after(told: str) -> timedelta | None:
    """Seconds, or a date. None if it is neither, or none that there is."""
    if told.isascii() and told.isdigit():
        return min(timedelta(seconds=min(int(told[:9]), 10**6)), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(told)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(aware - datetime.now(UTC), timedelta(0)), LONGEST_RETRY_AFTER)
    except (ValueError, OverflowError):
        return None


def _refused(why: str) -> Outcome:
    return unwell(f"ADDRESS_REFUSED: {why}")


def _unreachable(error: aiohttp.ClientConnectorError) -> Outcome:
    if isinstance(error.os_error, RefusedAddressError):
        return _refused(str(error.os_error))
    return unwell(f"UNREACHABLE: {error.os_error}")
