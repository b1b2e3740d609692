"""Asks as a browser does, by GraphQL and on WebSockets, and judges what comes back."""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from shadower.common.v1.error_reason_pb2 import ErrorReason
from websockets import Subprotocol
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tools.fuzzing.frames import Frame
from tools.fuzzing.verdict import ALLOWED

PATIENCE = 10.0
CODES = {code.value[0]: code.name for code in ALLOWED}
REASONS = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()[1:]} - {"INTERNAL"}
STATUSES = {200, 400, 401, 413, 429, 504}
# By docs/websocket.md, of those that a client can bring about.
ENDINGS = {1000, 1002, 1003, 1007, 1008, 1009, 4400, 4401, 4408, 4409, 4429}
LIVE, GRAPHQL = "shadower.live.v1", "graphql-transport-ws"
PATHS = {LIVE: "/v1/live", GRAPHQL: "/graphql"}
PING = '{"type": "ping"}'


@dataclass
class Talk:
    """What was heard on a connection."""

    heard: list[Any] = field(default_factory=list)
    code: int | None = None
    """By which the server ended it, if it did."""


async def asked(http: httpx.AsyncClient, query: str, token: str) -> str:
    """What is wrong with the answer to an operation; empty if nothing is."""
    headers = {"authorization": f"Bearer {token}"}
    try:
        reply = await http.post("/graphql", json={"query": query}, headers=headers)
    except httpx.TimeoutException:
        return f"no answer in {PATIENCE:g} s"
    if reply.status_code not in STATUSES:
        return f"{reply.status_code}: {reply.text[:500]}"
    try:
        told = reply.json()
    except ValueError:
        return f"{reply.status_code} is no JSON: {reply.text[:500]}"
    return next(_faults(_statuses(told)), "")


async def talked(address: str, protocol: str, token: str, frames: Sequence[Frame]) -> str:
    """What is wrong with how a conversation went; empty if nothing is."""
    talk = Talk()
    try:
        async with asyncio.timeout(PATIENCE):
            await _talk(talk, address, protocol, token, frames)
    except TimeoutError:
        return f"neither an end nor a pong in {PATIENCE:g} s; heard {talk.heard}"
    if talk.code is not None and talk.code not in ENDINGS:
        return f"ended by {talk.code}, after {talk.heard[-1:]}"
    return next(_faults(status for one in talk.heard for status in _statuses(one)), "")


async def _talk(
    talk: Talk, address: str, protocol: str, token: str, frames: Sequence[Frame]
) -> None:
    async with connect(
        f"{address}{PATHS[protocol]}",
        subprotocols=[Subprotocol(protocol)],
        additional_headers={"authorization": f"Bearer {token}"},
        proxy=None,
        close_timeout=1,
        max_size=None,
    ) as connection:
        try:
            await connection.send('{"type": "connection_init"}')
            for frame in (*frames, PING):
                await connection.send(frame)
            pongs = 1 + sum(frame == PING for frame in frames)
            while pongs:
                told = json.loads(await connection.recv())
                talk.heard.append(told)
                pongs -= told.get("type") == "pong"
        except ConnectionClosed as closed:
            talk.code = closed.rcvd.code if closed.rcvd else 1006


def _statuses(told: Any) -> Iterator[tuple[str, str]]:
    """Code and reason of each error, however deep: of GraphQL, or a google.rpc.Status."""
    if isinstance(told, list):
        for one in told:
            yield from _statuses(one)
    elif isinstance(told, dict):
        if "extensions" in told:
            yield str(told["extensions"].get("code")), str(told["extensions"].get("reason"))
        elif "code" in told and "details" in told:
            reasons = [one.get("reason") for one in told["details"] if "reason" in one]
            code = CODES.get(told["code"], str(told["code"]))
            yield code, str(reasons[0]) if reasons else ""
        else:
            for one in told.values():
                yield from _statuses(one)


def _faults(statuses: Iterable[tuple[str, str]]) -> Iterator[str]:
    for code, reason in statuses:
        if code not in CODES.values() or reason not in REASONS:
            yield f"the status is {code}, and its reason {reason!r}"
