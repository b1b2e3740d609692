"""Whatever a browser asks by GraphQL, or says on a WebSocket, is answered by the contract."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.support.keys import KeyRing
from tests.support.stack import Stack
from tests.support.web import Web, mesh_of, running_web
from tools.fuzzing.browsing import GRAPHQL, LIVE, PATIENCE, asked, talked
from tools.fuzzing.callers import OTHERS, WORKSPACES
from tools.fuzzing.frames import Frame, conversations
from tools.fuzzing.logs import LogWatch
from tools.fuzzing.operations import operations, schema
from tools.fuzzing.words import Words

SHORT = settings(
    max_examples=25,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
NOW = int(time.time())
TOKEN = "TOKEN"
"""Stands for one that is good, so that inputs are the same each time."""


@pytest.fixture(scope="module")
async def web(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Web]:
    folder = tmp_path_factory.mktemp("fuzz-web")
    async with running_web(mesh_of(stack), keys, jwks_file, folder) as running:
        watch = LogWatch([running.log])
        yield running
        assert running.process.poll() is None
        assert watch.complaints() == []


@pytest.fixture(scope="module")
async def http(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=web.http.base_url, timeout=PATIENCE) as client:
        yield client


@SHORT
@given(query=operations(schema(), (*WORKSPACES, *WORKSPACES, OTHERS)))
async def test_any_operation(http: httpx.AsyncClient, keys: KeyRing, query: str) -> None:
    assert await asked(http, query, keys.token(*WORKSPACES)) == ""


@pytest.mark.parametrize("protocol", [LIVE, GRAPHQL])
@SHORT
@given(frames=conversations(Words(WORKSPACES), TOKEN, NOW))
async def test_any_conversation(
    web: Web, keys: KeyRing, protocol: str, frames: list[Frame]
) -> None:
    token = keys.token(*WORKSPACES)
    said = [one.replace(TOKEN, token) if isinstance(one, str) else one for one in frames]
    assert await talked(f"ws://{web.address}", protocol, token, said) == ""
