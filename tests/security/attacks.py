"""What an attack is, and what it is tried on."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace

from cli.edge.model import EdgeModel, Upstream
from tests.support.edge import Edge
from tests.support.edge_backend import Backend
from tests.support.edge_insides import ACCESS, LIMITS, Insides
from tests.support.edge_mutation import Configuration, Mutation

PATIENCE = 3.0
NOBODY = ("127.0.0.1:1",)


@dataclass(frozen=True)
class Target:
    """An edge, and what lies behind it."""

    edge: Edge
    backend: Backend
    insides: Insides


Trial = Callable[[Target], Awaitable[bool]]
"""Whether it was refused as it should be. It fails if it neither was nor got through."""


def as_it_is(model: EdgeModel) -> EdgeModel:
    return model


def nothing(_configuration: Configuration) -> None:
    """Is changed."""


@dataclass(frozen=True)
class Setting:
    """An edge of ours that differs in its measure only, so that a test can reach it."""

    name: str
    model: Callable[[EdgeModel], EdgeModel] = as_it_is
    measure: Mutation = nothing


@dataclass(frozen=True)
class Attack:
    """Refused by the edge as it is, and let through without the one thing that refuses it."""

    name: str
    trial: Trial
    mutation: Mutation
    setting: Setting


def _few_requests(model: EdgeModel) -> EdgeModel:
    """And room for all of them at once, so that nothing else stops them."""
    return replace(model, requests_per_second_of_address=1, least_reads=1_000, most_reads=1_000)


def _few_connections(model: EdgeModel) -> EdgeModel:
    return replace(model, max_connections=3)


def _few_seconds(model: EdgeModel) -> EdgeModel:
    return replace(model, unary_timeout_seconds=1)


def _alone(model: EdgeModel) -> EdgeModel:
    """Nobody knows keys, and nobody counts."""
    away = {ACCESS, LIMITS}
    upstreams = [
        replace(one, addresses=NOBODY) if one.service in away else one for one in model.upstreams
    ]
    return replace(model, upstreams=tuple[Upstream, ...](upstreams))


def _hasten(configuration: Configuration) -> None:
    """What has ten seconds has one. What is not bounded stays so."""
    if "request_headers_timeout" in configuration.manager:
        configuration.manager["request_headers_timeout"] = "1s"


def _trust_callers(configuration: Configuration) -> None:
    """As if they came from a network that is thought to be one's own."""
    loopback = {"cidr_ranges": [{"address_prefix": "127.0.0.0", "prefix_len": 8}]}
    configuration.manager["internal_address_config"] = loopback


USUAL = Setting("usual")
INTERNAL = Setting("callers are internal", measure=_trust_callers)
FEW_REQUESTS = Setting("few requests", _few_requests)
FEW_CONNECTIONS = Setting("few connections", _few_connections)
ALONE = Setting("alone", _alone)
HASTY = Setting("hasty", _few_seconds, _hasten)


def was_refused(found: int, refused: int, through: Collection[int] = (200,)) -> bool:
    """Of a status; it must be one or the other."""
    assert found == refused or found in through, found
    return found == refused


def bearer(target: Target, **more: str) -> dict[str, str]:
    return {"authorization": f"Bearer {target.edge.keys.token()}", **more}


async def status_of(target: Target, path: str, **more: str) -> int:
    """Of a GET with a good token, and more headers."""
    return (await target.edge.rest.get(path, headers=more)).status_code


async def got(target: Target, path: str, *lines: str, local_address: str = "127.0.0.1") -> bytes:
    """The head of the reply to a GET that is written by hand."""
    port, own = target.edge.model.port, (local_address, 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=own)
    token = f"authorization: Bearer {target.edge.keys.token()}"
    head = "\r\n".join([f"GET {path} HTTP/1.1", "host: edge", token, *lines])
    writer.write(f"{head}\r\n\r\n".encode())
    try:
        return await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.transport.abort()


async def ends_soon(opened: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> bool:
    """Whether the other end closes one of the connections."""
    ends = [asyncio.ensure_future(reader.read()) for reader, _ in opened]
    ended, _ = await asyncio.wait(ends, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for _, writer in opened:
        writer.transport.abort()
    await asyncio.gather(*ends, return_exceptions=True)
    return bool(ended)
