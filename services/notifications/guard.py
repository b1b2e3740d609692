"""Nothing is sent to this machine, or to a network that is not public, unless that is allowed.

What counts is the very address that is connected to: names are looked up when something is sent,
and whatever they lead to then is judged where the socket is made.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from ipaddress import ip_address
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from services.notifications.addresses import Address, Network, is_in, is_public
from services.runtime.faults import InvalidArgument, invalid_field

LookUp: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host. Raises OSError if there are none."""

SCHEMES = ("https", "http")
WEB_PORTS = (80, 443)
FIRST_FREE_PORT = 1024
# Where something else than HTTP listens, that a request could be mistaken by.
OTHER_PORTS = frozenset(
    (
        *(1433, 1521, 1719, 1720, 1723, 2049, 2181, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 3659),
        *(4045, 4190, 5060, 5061, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 6566, 6665, 6666, 6667),
        *(6668, 6669, 6679, 6697, 9042, 9092, 9200, 9300, 10250, 10255, 11211, 15672, 27017, 50051),
    )
)
LOOK_UP_SECONDS = 3
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
# What ends in a number may be an address, written in octal, hexadecimal or as one number.
NUMBER = re.compile(r"(^|\.)([0-9]+|0[xX][0-9A-Fa-f]*)\.?$")


class RefusedAddressError(OSError):
    """It is an address that nothing is sent to."""


class Guard:
    """Judges addresses of receivers: when they are saved, and when they are connected to."""

    def __init__(self, allowed: Sequence[Network], look_up: LookUp) -> None:
        self._allowed = tuple(allowed)
        self._look_up = look_up

    def check(self, text: str, *, is_open: bool = False) -> None:
        """An address as digits; `is_open` is of requests that are not encrypted. Raises
        RefusedAddressError."""
        address = _address(text)
        if not is_in(address, self._allowed) and (is_open or not is_public(address)):
            raise RefusedAddressError(f"{address} is no public address")

    async def check_url(self, text: str, field: str) -> None:
        """When it is saved. A name that leads nowhere yet is judged when something is sent. Raises
        InvalidArgument."""
        url = parsed(text, field)
        host, port = url.raw_host or "", url.port or 0
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                found = await self._look_up(host, port)
            for address in found:
                self.check(address, is_open=url.scheme == "http")
        except RefusedAddressError as refused:
            raise refused_url(field, "leads to an address that is not public") from refused
        except (OSError, TimeoutError, UnicodeError):
            return

    def resolver(self, *, is_open: bool) -> AbstractResolver:
        return GuardedResolver(self, self._look_up, is_open=is_open)

    def socket_factory(self, *, is_open: bool) -> Callable[[Any], socket.socket]:
        def make(info: Any) -> socket.socket:
            family, kind, protocol, _, address = info
            self.check(address[0], is_open=is_open)
            return socket.socket(family, kind, protocol)

        return make


class GuardedResolver(AbstractResolver):
    """Tells of a name's addresses only those that may be connected to."""

    def __init__(self, guard: Guard, look_up: LookUp, *, is_open: bool) -> None:
        self._guard = guard
        self._look_up = look_up
        self._is_open = is_open

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - asked for by its base
    ) -> list[ResolveResult]:
        found = await self._look_up(host, port)
        usable = [one for one in found if self._may_be_used(one)]
        if not usable:
            raise RefusedAddressError(f"{host} leads to no public address")
        return [_result(host, port, address) for address in usable]

    def _may_be_used(self, address: str) -> bool:
        try:
            self._guard.check(address, is_open=self._is_open)
        except RefusedAddressError:
            return False
        return True

    async def close(self) -> None:
        """There is nothing to close."""


def parsed(text: str, field: str) -> URL:
    """Raises InvalidArgument for what is not sent to, wherever it leads."""
    try:
        url = URL(text)
        port = url.port
    except ValueError as malformed:
        raise refused_url(field, "must be an address of https") from malformed
    if url.scheme not in SCHEMES or not _is_host(url.raw_host or ""):
        raise refused_url(field, "must be an address of https")
    if url.user is not None or url.password is not None:
        raise refused_url(field, "must not have credentials")
    if port is None or not (port in WEB_PORTS or _is_free(port)):
        raise refused_url(field, "has a port that no program of the web has")
    return url


def refused_url(field: str, description: str) -> InvalidArgument:
    return invalid_field(field, description, reason="ADDRESS_REFUSED")


class SystemLookUp:
    """Asks the system, in threads of its own: those of the event loop are few, and a name whose
    servers do not answer would keep one for half a minute."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses_of, host, port)
        return list(dict.fromkeys(found))


def _addresses_of(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]) for one in found]


def _is_host(host: str) -> bool:
    """Whether nobody could take it for another one: a name, or an address as it is written now."""
    # What stands behind a % names a network of this machine.
    if "%" in host:
        return False
    try:
        ip_address(host)
    except ValueError:
        return NAME.fullmatch(host) is not None and not NUMBER.search(host)
    return True


def _is_free(port: int) -> bool:
    return port >= FIRST_FREE_PORT and port not in OTHER_PORTS


def _address(text: str) -> Address:
    """Raises RefusedAddressError for what is none."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError as malformed:
        raise RefusedAddressError("that is no address") from malformed


def _result(host: str, port: int, address: str) -> ResolveResult:
    is_new = ":" in address
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if is_new else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
