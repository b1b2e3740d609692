"""Attacks by how much there is of something, and at the edge's own insides."""

import asyncio
import gzip
import time
from random import Random

import httpx

from tests.security.attacks import (
    ALONE,
    FEW_CONNECTIONS,
    FEW_REQUESTS,
    HASTY,
    USUAL,
    Attack,
    Target,
    Trial,
    bearer,
    got,
    status_of,
    was_refused,
)
from tests.support import http2
from tests.support.edge_calls import EXECUTIONS, MIB, SUMMARY
from tests.support.edge_mutation import Configuration

REPLAY = "/v1/workspaces/acme/deadLetters:replay"
MANY = 30
# More than the edge takes, and less than what ends a connection in any case.
RESETS = 800
PATIENCE = 2.5


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


async def large_headers(target: Target) -> bool:
    large = {f"x-large-{n}": "x" * 8_000 for n in range(16)}
    return was_refused(await status_of(target, "/graphql", **large), 431)


async def a_large_body(target: Target) -> bool:
    body = b'{"executions": []' + b" " * (9 * MIB) + b"}"
    reply = await target.edge.rest.post(EXECUTIONS, content=body)
    return was_refused(reply.status_code, 413)


async def a_large_body_in_a_small_one(target: Target) -> bool:
    """As large as it may be while it is inflated."""
    noise = Random(1)
    text = "".join(f"{noise.getrandbits(128):032x}{'a' * 1_500}" for _ in range(6_000))
    assert len(text) > 8.5 * MIB
    return was_refused(await _post_compressed(target, f'{{"executions": [], "x": "{text}"}}'), 413)


async def a_bomb(target: Target) -> bool:
    """A body of 7 kB that would be one of 7 MiB. What is cut off is waited for in vain."""
    return was_refused(await _post_compressed(target, f"{' ' * 7 * MIB}{{}}"), 504)


async def _post_compressed(target: Target, body: str) -> int:
    compressed, said = gzip.compress(body.encode()), {"content-encoding": "gzip"}
    return (await target.edge.rest.post(EXECUTIONS, content=compressed, headers=said)).status_code


async def slow_headers(target: Target) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.edge.model.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: edge\r\n")
    return await _one_ends([(reader, writer)])


async def many_connections(target: Target) -> bool:
    opened = [await asyncio.open_connection("127.0.0.1", target.edge.model.port) for _ in range(6)]
    return await _one_ends(opened)


async def _one_ends(opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> bool:
    ends = [asyncio.ensure_future(reader.read()) for reader, _ in opened]
    ended, _ = await asyncio.wait(ends, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for _, writer in opened:
        writer.transport.abort()
    await asyncio.gather(*ends, return_exceptions=True)
    return bool(ended)


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


async def administration_that_nobody_counts(target: Target) -> bool:
    body = {"deadLetterIds": ["3b241101-e2bb-4255-8caf-4136c566a962"]}
    return was_refused((await target.edge.rest.post(REPLAY, json=body)).status_code, 503)


async def a_key_that_nobody_judges(target: Target) -> bool:
    return was_refused(await status_of(target, SUMMARY, **{"x-api-key": "shk_nobody"}), 503)


def of_the_administrator(method: str, path: str) -> Trial:
    async def trial(target: Target) -> bool:
        base = f"http://127.0.0.1:{target.edge.model.admin_port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            return was_refused((await client.request(method, path)).status_code, 403)

    return trial


def counts_nobody_s_requests(configuration: Configuration) -> None:
    del configuration.filter("local_ratelimit")["descriptors"]


def believes_whom_requests_name(configuration: Configuration) -> None:
    configuration.manager["use_remote_address"] = False


def remembers_few_addresses(configuration: Configuration) -> None:
    del configuration.filter("local_ratelimit")["max_dynamic_descriptors"]


def takes_large_headers(configuration: Configuration) -> None:
    configuration.manager["max_request_headers_kb"] = 1024


def takes_large_bodies(configuration: Configuration) -> None:
    transcoder = configuration.filter("grpc_json_transcoder")
    transcoder["max_request_body_size"] = 64 * MIB
    for route in configuration.routes:
        if buffer := route.get("typed_per_filter_config", {}).get("envoy.filters.http.buffer"):
            buffer["buffer"]["max_request_bytes"] = 64 * MIB


def inflates_without_end(configuration: Configuration) -> None:
    # The most that gzip can do.
    library = configuration.filter("http.decompressor")["decompressor_library"]
    library["typed_config"]["max_inflate_ratio"] = 1032


def waits_for_headers(configuration: Configuration) -> None:
    del configuration.manager["request_headers_timeout"]


def counts_no_connections(configuration: Configuration) -> None:
    monitors = configuration.edge["overload_manager"]["resource_monitors"]
    monitors[:] = [one for one in monitors if "connections" not in one["name"]]


def lets_requests_be_taken_back(configuration: Configuration) -> None:
    configuration.runtime["overload.premature_reset_total_stream_count"] = 1_000_000


def takes_many_streams(configuration: Configuration) -> None:
    configuration.manager["http2_protocol_options"]["max_concurrent_streams"] = 1_000


def administers_uncounted(configuration: Configuration) -> None:
    configuration.filter("ratelimit.1")["failure_mode_deny"] = False


def lets_keys_in_unjudged(configuration: Configuration) -> None:
    extension = configuration.filter("api-keys")["extension_config"]
    extension["typed_config"]["failure_mode_allow"] = True


def is_administered_by_anybody(configuration: Configuration) -> None:
    del configuration.edge["admin"]["allow_paths"]


ADMINISTRATION = (
    ("GET", "/config_dump"),
    ("GET", "/runtime"),
    ("GET", "/server_info"),
    ("POST", "/logging?level=trace"),
    # Last, since a mutant has ended after it.
    ("POST", "/quitquitquit"),
)
ATTACKS = (
    Attack("many requests", many_requests, counts_nobody_s_requests, FEW_REQUESTS),
    Attack(
        "many requests that name others",
        many_that_name_others,
        believes_whom_requests_name,
        FEW_REQUESTS,
    ),
    Attack("many addresses", many_addresses, remembers_few_addresses, FEW_REQUESTS),
    Attack("large headers", large_headers, takes_large_headers, USUAL),
    Attack("a large body", a_large_body, takes_large_bodies, USUAL),
    Attack("a large body in a small one", a_large_body_in_a_small_one, takes_large_bodies, USUAL),
    Attack("a bomb", a_bomb, inflates_without_end, HASTY),
    Attack("slow headers", slow_headers, waits_for_headers, HASTY),
    Attack("many connections", many_connections, counts_no_connections, FEW_CONNECTIONS),
    Attack("many streams", many_streams, takes_many_streams, USUAL),
    Attack(
        "requests that are taken back",
        requests_that_are_taken_back,
        lets_requests_be_taken_back,
        USUAL,
    ),
    Attack(
        "administration that nobody counts",
        administration_that_nobody_counts,
        administers_uncounted,
        ALONE,
    ),
    Attack("a key that nobody judges", a_key_that_nobody_judges, lets_keys_in_unjudged, ALONE),
    *(
        Attack(
            path.lstrip("/").partition("?")[0],
            of_the_administrator(method, path),
            is_administered_by_anybody,
            USUAL,
        )
        for method, path in ADMINISTRATION
    ),
)
