"""Attacks by what is large, and by what is slow."""

import asyncio
import gzip
from random import Random

from tests.security.attacks import (
    HASTY,
    USUAL,
    Attack,
    Target,
    ends_soon,
    status_of,
    was_refused,
)
from tests.support.edge_calls import EXECUTIONS, MIB
from tests.support.edge_mutation import Configuration


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
    """A body of 7 kB that would be one of 7 MiB. What is cut off is no JSON."""
    return was_refused(await _post_compressed(target, f"{' ' * 7 * MIB}{{}}"), 400)


async def _post_compressed(target: Target, body: str) -> int:
    compressed, said = gzip.compress(body.encode()), {"content-encoding": "gzip"}
    return (await target.edge.rest.post(EXECUTIONS, content=compressed, headers=said)).status_code


async def slow_headers(target: Target) -> bool:
    reader, writer = await asyncio.open_connection("127.0.0.1", target.edge.model.port)
    writer.write(b"GET / HTTP/1.1\r\nhost: edge\r\n")
    return await ends_soon([(reader, writer)])


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


ATTACKS = (
    Attack("large headers", large_headers, takes_large_headers, USUAL),
    Attack("a large body", a_large_body, takes_large_bodies, USUAL),
    Attack("a large body in a small one", a_large_body_in_a_small_one, takes_large_bodies, USUAL),
    Attack("a bomb", a_bomb, inflates_without_end, USUAL),
    Attack("slow headers", slow_headers, waits_for_headers, HASTY),
)
