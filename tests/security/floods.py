"""Attacks by many of something."""

import asyncio
import time

from tests.security.attacks import (
    FEW_CONNECTIONS,
    FEW_REQUESTS,
    USUAL,
    Attack,
    Target,
    bearer,
    ends_soon,
    got,
    status_of,
    was_refused,
)
from tests.support import http2
from tests.support.edge_calls import EXECUTIONS, SUMMARY
from tests.support.edge_mutation import Configuration

MANY = 30
# More than the edge takes, and less than what ends a connection in any case.
RESETS = 800


async def many_requests(target: Target) -> bool:
    found = await asyncio.gather(*(status_of(target, SUMMARY) for _ in range(MANY)))
    return _any_were_stopped(found)


async def many_that_name_others(target: Target) -> bool:
    found = await asyncio.gather(
        *(status_of(target, SUMMARY, **{"x-forwarded-for": f"203.0.113.{n}"}) for n in range(MANY))
    )
    return _any_were_stopped(found)


def _any_were_stopped(found: list[int]) -> bool:
    assert set(found) <= {200, 429}, found
    return 429 in found


async def many_addresses(target: Target) -> bool:
    """Who was stopped is not forgotten for those who come after."""
    for attempt in range(1, 20):
        mine, began = f"127.0.{attempt}.1", time.monotonic()
        for _ in range(3):
            before = await status_from(target, mine)
        await asyncio.gather(*(status_from(target, f"127.1.{attempt}.{n}") for n in range(1, MANY)))
        after = await status_from(target, mine)
        # Later there is room again.
        if time.monotonic() - began < 0.9:
            assert before == 429
            return was_refused(after, 429)
    raise AssertionError("this machine is too slow for it")


async def status_from(target: Target, address: str) -> int:
    head = await got(target, SUMMARY, local_address=address)
    return int(head.split()[1])


async def many_connections(target: Target) -> bool:
    opened = [await asyncio.open_connection("127.0.0.1", target.edge.model.port) for _ in range(6)]
    return await ends_soon(opened)


async def many_streams(target: Target) -> bool:
    """Of one connection: those beyond the most that it was told are taken back."""
    request = [(":method", "POST"), (":scheme", "http"), (":authority", "edge")]
    request += [(":path", EXECUTIONS), *bearer(target).items()]
    async with http2.connected(target.edge.model.port) as connection:
        for stream in range(1, 2 * 200, 2):
            connection.send(http2.headers(stream, request, ends=False))
        connection.send(http2.ping())
        refused = 0
        async for frame in connection.frames():
            refused += frame.kind == http2.RST_STREAM
            if frame.kind == http2.PING and frame.flags == http2.ACK:
                return refused > 0
    return True


async def requests_that_are_taken_back(target: Target) -> bool:
    """As in a rapid reset. Whoever is still connected is answered to a ping."""
    request = [(":method", "GET"), (":scheme", "http"), (":authority", "edge"), (":path", SUMMARY)]
    request += bearer(target).items()
    async with http2.connected(target.edge.model.port) as connection:
        for stream in range(1, 2 * RESETS, 2):
            connection.send(http2.headers(stream, request), http2.taken_back(stream))
        connection.send(http2.ping())
        async for frame in connection.frames():
            if frame.kind == http2.PING and frame.flags == http2.ACK:
                return False
    return True


def counts_nobody_s_requests(configuration: Configuration) -> None:
    del configuration.filter("local_ratelimit")["descriptors"]


def believes_whom_requests_name(configuration: Configuration) -> None:
    configuration.manager["use_remote_address"] = False


def remembers_few_addresses(configuration: Configuration) -> None:
    del configuration.filter("local_ratelimit")["max_dynamic_descriptors"]


def counts_no_connections(configuration: Configuration) -> None:
    monitors = configuration.edge["overload_manager"]["resource_monitors"]
    monitors[:] = [one for one in monitors if "connections" not in one["name"]]


def takes_many_streams(configuration: Configuration) -> None:
    configuration.manager["http2_protocol_options"]["max_concurrent_streams"] = 1_000


def lets_requests_be_taken_back(configuration: Configuration) -> None:
    configuration.runtime["overload.premature_reset_total_stream_count"] = 1_000_000


ATTACKS = (
    Attack("many requests", many_requests, counts_nobody_s_requests, FEW_REQUESTS),
    Attack(
        "many requests that name others",
        many_that_name_others,
        believes_whom_requests_name,
        FEW_REQUESTS,
    ),
    Attack("many addresses", many_addresses, remembers_few_addresses, FEW_REQUESTS),
    Attack("many connections", many_connections, counts_no_connections, FEW_CONNECTIONS),
    Attack("many streams", many_streams, takes_many_streams, USUAL),
    Attack(
        "requests that are taken back",
        requests_that_are_taken_back,
        lets_requests_be_taken_back,
        USUAL,
    ),
)
