"""Replicas behind a name of DNS come and go, and nobody who asks notices."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from cli.edge.model import EdgeModel, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_backend import SERVICES, Backend, running_backend, serving
from tests.support.names import names
from tests.support.ports import free_port
from tests.support.waiting import until

NAME = "metrics.mesh.test"
METRICS = "/v1/workspaces/acme/metrics?metrics=executions"
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


class Asking:
    """Reads, one after the other, as long as it goes on."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.statuses: list[int] = []

    async def go_on(self) -> None:
        while True:
            self.statuses.append((await self._edge.rest.get(METRICS)).status_code)
            await asyncio.sleep(0.01)


async def until_asked(*backends: Backend) -> None:
    """From now on, all of them."""
    for one in backends:
        one.messages.clear()

    async def all_are() -> bool:
        return all(one.messages for one in backends)

    await until(all_are)


async def until_left_alone(backend: Backend) -> None:
    async def is_quiet() -> bool:
        backend.messages.clear()
        await asyncio.sleep(0.5)
        return not backend.messages

    await until(is_quiet)


async def test_replicas_are_found_and_forgotten(
    folder: Path, model: EdgeModel, edge_keys: Keys
) -> None:
    port = free_port()
    async with names() as served, AsyncExitStack() as running:
        first, second, third = [
            await running.enter_async_context(running_backend(port, host)) for host in ADDRESSES
        ]
        served.addresses[NAME] = [ADDRESSES[0]]
        upstream = Upstream("shadower.metrics.v1.MetricsService", (f"{NAME}:{port}",))
        found = replace(model, upstreams=(upstream,), dns=f"127.0.0.1:{served.port}")
        async with running_edge(folder, found, edge_keys) as edge:
            await until(lambda: _serves(edge))
            asking = Asking(edge)
            going_on = asyncio.create_task(asking.go_on())
            await until_asked(first)
            assert not second.messages
            served.addresses[NAME] = list(ADDRESSES)
            await until_asked(first, second, third)
            # As a pod that ends: it says so, and its address goes from the name.
            await serving(first, SERVICES, healthy=False)
            served.addresses[NAME] = list(ADDRESSES[1:])
            await until_left_alone(first)
            # While nobody resolves the name, those who were behind it still are.
            del served.addresses[NAME]
            await asyncio.sleep(1.5)
            await until_asked(second, third)
            going_on.cancel()
        assert set(asking.statuses) == {200}


async def _serves(edge: Edge) -> bool:
    return (await edge.rest.get(METRICS)).status_code == 200
