"""Edges that are attacked, before an echo and what else lies behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from cli.edge.model import WEB, EdgeModel, Upstream
from tests.security.attacks import Setting, Target
from tests.support.edge import Keys, edge_model, running_edge
from tests.support.edge_backend import Backend, running_backend
from tests.support.edge_insides import ACCESS, LIMITS, Insides, running_insides
from tests.support.edge_mutation import Configuration, Mutation
from tests.support.ports import free_port

Attacked = Callable[[Setting, Mutation | None], AbstractAsyncContextManager[Target]]


@pytest.fixture(scope="session")
async def insides() -> AsyncIterator[Insides]:
    async with running_insides() as running:
        yield running


@pytest.fixture(scope="session")
def backend_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
async def backend(backend_port: int) -> AsyncIterator[Backend]:
    async with running_backend(backend_port) as running:
        yield running


@pytest.fixture(scope="session")
def attacked(
    tmp_path_factory: pytest.TempPathFactory,
    backend: Backend,
    backend_port: int,
    insides: Insides,
) -> Attacked:
    folder, keys = tmp_path_factory.mktemp("attacked"), Keys()
    model = _with_insides(edge_model(folder, keys, backend_port), insides)
    insides.jwks = keys.jwks()

    @asynccontextmanager
    async def attacked(setting: Setting, mutation: Mutation | None) -> AsyncIterator[Target]:
        def mutate(configuration: Configuration) -> None:
            if mutation:
                mutation(configuration)
            setting.measure(configuration)

        async with running_edge(folder, setting.model(model), keys, mutate=mutate) as edge:
            yield Target(edge, backend, insides)

    return attacked


def _with_insides(model: EdgeModel, insides: Insides) -> EdgeModel:
    address = (f"127.0.0.1:{insides.grpc_port}",)
    more = (Upstream(ACCESS, address), Upstream(LIMITS, address))
    web = Upstream(WEB, (f"127.0.0.1:{insides.web_port}",))
    return replace(model, upstreams=(*model.upstreams, *more), web=web)


@pytest.fixture(scope="session")
async def edges(attacked: Attacked) -> AsyncIterator[Callable[[Setting], Awaitable[Target]]]:
    """Of ours, one for each setting, started when it is first asked for."""
    running: dict[str, Target] = {}
    async with AsyncExitStack() as stack:

        async def edge(setting: Setting) -> Target:
            if setting.name not in running:
                running[setting.name] = await stack.enter_async_context(attacked(setting, None))
            return running[setting.name]

        yield edge
