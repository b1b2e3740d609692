"""Keys of tokens change while the edge runs, and nobody has to connect again."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from cli.edge.model import EdgeModel, Issuer
from cli.edge.rendering import write_authentication
from tests.support.edge import AUDIENCE, ISSUER, Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import SUMMARY, assert_refused
from tests.support.waiting import until

OTHER = "https://other.test"


async def status(edge: Edge, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await edge.anonymous.get(SUMMARY, headers=headers)).status_code


def both(old: Keys, new: Keys) -> str:
    """A set of both, as one publishes before it signs with the new one."""
    return json.dumps(
        {"keys": [key for one in (old, new) for key in json.loads(one.jwks())["keys"]]}
    )


async def test_a_file_of_keys_is_read_again(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    new = Keys(prefix="new-")
    async with running_edge(folder, model, edge_keys) as edge:
        tokens = (edge_keys.token(), new.token())
        assert await statuses(edge, tokens) == [200, 401]
        for keys, expected in ((both(edge_keys, new), [200, 200]), (new.jwks(), [401, 200])):
            issuer = Issuer(ISSUER, AUDIENCE, keys)
            published = replace(edge.model, issuers=(issuer,))
            write_authentication(published, edge.configuration.parent)

            async def is_so(expected: list[int] = expected) -> bool:
                return await statuses(edge, tokens) == expected

            await until(is_so)


async def statuses(edge: Edge, tokens: Sequence[str]) -> list[int]:
    return [await status(edge, one) for one in tokens]


async def _is(edge: Edge, token: str, expected: int) -> bool:
    return await status(edge, token) == expected


@dataclass
class KeyServer:
    """An issuer who publishes his keys at an address, unless he is down."""

    keys: str
    port: int = 0
    asked: int = 0
    is_down: bool = field(default=False)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        if not self.is_down:
            body = self.keys.encode()
            head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
            writer.write(head.encode() + body)
        writer.close()


@asynccontextmanager
async def publishing(keys: str) -> AsyncIterator[KeyServer]:
    issuer = KeyServer(keys)
    server = await asyncio.start_server(issuer.answer, "127.0.0.1", 0)
    issuer.port = server.sockets[0].getsockname()[1]
    async with server:
        yield issuer


async def test_keys_of_an_address_are_fetched_again_and_outlive_it(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    new = Keys()
    async with publishing(edge_keys.jwks()) as published:
        address = f"http://127.0.0.1:{published.port}/jwks.json"
        # Five seconds before its end, a set is fetched again: each second.
        fetched = replace(model, issuers=(Issuer(ISSUER, AUDIENCE, address),), keys_seconds=6)
        async with running_edge(folder, fetched, edge_keys) as edge:
            await until(lambda: _is(edge, edge_keys.token(), 200))
            kept = edge_keys.token()
            assert await status(edge, kept) == 200
            published.is_down = True
            asked = published.asked
            await until(lambda: _has_asked(published, asked + 2))
            assert await status(edge, kept) == 200
            published.is_down, published.keys = False, new.jwks()
            await until(lambda: _is(edge, new.token(), 200))
            assert await status(edge, kept) == 401


async def _has_asked(issuer: KeyServer, times: int) -> bool:
    return issuer.asked >= times


@pytest.fixture(scope="module")
async def two_issuers(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> AsyncIterator[tuple[Edge, Keys]]:
    others = Keys()
    issuers = (*model.issuers, Issuer(OTHER, AUDIENCE, others.jwks()))
    async with running_edge(folder, replace(model, issuers=issuers), edge_keys) as edge:
        yield edge, others


async def test_each_issuer_signs_for_himself_alone(two_issuers: tuple[Edge, Keys]) -> None:
    edge, others = two_issuers
    mine = edge.keys
    assert await status(edge, mine.token()) == 200
    assert await status(edge, others.token(iss=OTHER)) == 200
    assert await status(edge, mine.token(iss=OTHER)) == 401
    assert await status(edge, others.token()) == 401


async def test_refusals_say_the_same_with_several_issuers(
    two_issuers: tuple[Edge, Keys],
) -> None:
    edge, others = two_issuers
    told = {
        "TOKEN_MISSING": None,
        "TOKEN_EXPIRED": edge.keys.token(exp=1_000_000_000),
        "TOKEN_INVALID": others.token(iss=OTHER, aud="else"),
    }
    for reason, token in told.items():
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        assert_refused(await edge.anonymous.get(SUMMARY, headers=headers), 401, 16, reason)
    late = others.token(iss=OTHER, exp=1_000_000_000)
    reply = await edge.anonymous.get(SUMMARY, headers={"authorization": f"Bearer {late}"})
    assert_refused(reply, 401, 16, "TOKEN_EXPIRED")
