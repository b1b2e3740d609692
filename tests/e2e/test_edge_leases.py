"""Busy callers pass by leases: two edges before three limiters, which count as if always asked."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from shadower.limits.v1.limit_pb2 import LimitScope

from cli.edge.model import EdgeModel, Issuer, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.limits import Operator, Replica, replicas_of_the_limiter
from tests.support.postgres import Server
from tests.support.stack import SERVICES
from tests.support.valkey import running_valkey

CLASS = "dashboards"


@dataclass(frozen=True)
class Place:
    """Edges, and the limiters that both ask."""

    edges: tuple[Edge, Edge]
    limiters: list[Replica]

    async def asked(self) -> int:
        """How often an edge has asked a limiter."""
        found = 0
        for edge in self.edges:
            url = f"http://127.0.0.1:{edge.model.admin_port}/stats?filter=LimitsService.upstream_rq_total"
            found += int((await edge.anonymous.get(url)).text.rpartition(":")[2])
        return found


@pytest.fixture(scope="module")
def url(postgres: Server, template: str) -> str:
    return postgres.create(template)


@pytest.fixture(scope="module")
async def place(
    url: str,
    jwks_file: Path,
    model: EdgeModel,
    backend: Backend,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Place]:
    backend.gate.set()
    folder = tmp_path_factory.mktemp("leases")
    async with AsyncExitStack() as opened:
        valkey = await opened.enter_async_context(running_valkey(folder))
        told = (("REDIS_URL", valkey.url), ("SHADOWER_REDIS_TIMEOUT_SECONDS", "5"))
        limiters = await opened.enter_async_context(
            replicas_of_the_limiter(3, url, jwks_file, folder, *told)
        )
        own = _before(limiters, jwks_file, model)
        starting = [running_edge(folder, own, Keys()) for _ in range(2)]
        first, second = [await opened.enter_async_context(one) for one in starting]
        yield Place((first, second), limiters)


def _before(limiters: list[Replica], jwks_file: Path, model: EdgeModel) -> EdgeModel:
    addresses = tuple(one.running.address for one in limiters)
    return replace(
        model,
        upstreams=(*model.upstreams, Upstream(SERVICES["limits"], addresses)),
        issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
        descriptor=model.descriptor.with_name("leases.binpb"),
    )


@pytest.fixture
async def raised(place: Place, keys: KeyRing, workspace: str) -> Callable[[int], Awaitable[None]]:
    """Sets the limit of the workspace and of ann."""
    operator = Operator(keys, workspace)

    async def raise_to(amount: int) -> None:
        for scope in (LimitScope.LIMIT_SCOPE_WORKSPACE, LimitScope.LIMIT_SCOPE_USER):
            limit = await operator.set(place.limiters[0], CLASS, amount, scope=scope)
        # Changes become known in their order.
        await operator.until_known(place.limiters, limit, "tester")

    return raise_to


@pytest.fixture
def get(place: Place, keys: KeyRing, workspace: str) -> Callable[[int], Awaitable[Any]]:
    """Asks for metrics by an edge."""
    bearer = {"authorization": f"Bearer {keys.token(workspace)}"}
    path = f"/v1/workspaces/{workspace}/metrics?metrics=a"
    return lambda number: place.edges[number].anonymous.get(path, headers=bearer)


async def test_nobody_is_told_more_than_is_left_nor_less_by_more_than_a_lease(
    place: Place, raised: Callable[[int], Awaitable[None]], get: Callable[[int], Awaitable[Any]]
) -> None:
    await raised(40_000)
    before = await place.asked()
    answers = [(await get(0)).headers for _ in range(900)]
    assert {one["x-ratelimit-limit"].partition(";name")[0] for one in answers} == {
        "40000, 40000;w=3600"
    }
    assert all(0 < int(one["x-ratelimit-reset"]) <= 3661 for one in answers)
    assert await place.asked() - before < 225
    left = [int(one["x-ratelimit-remaining"]) for one in answers]
    # What was lent counts as used where a pause of the machine outlasts its lease: 1 % at most.
    assert all(0 <= 39_999 - number - told <= 400 for number, told in enumerate(left))
    assert left[:3] == [39_999, 39_998, 39_997]
    assert await exact_in_the_end(get, 39_100)


async def exact_in_the_end(get: Callable[[int], Awaitable[Any]], left: int) -> bool:
    """Whether what was lent and not used is given back, which it is with the next questions."""
    for asked in range(1, 1_500):
        if int((await get(0)).headers["x-ratelimit-remaining"]) == left - asked:
            return True
    return False


async def test_of_more_requests_than_the_limit_exactly_those_within_it_pass(
    place: Place, raised: Callable[[int], Awaitable[None]], get: Callable[[int], Awaitable[Any]]
) -> None:
    await raised(1_500)
    before, statuses = await place.asked(), list[int]()

    async def caller(number: int) -> None:
        for _ in range(300):
            statuses.append((await get(number % 2)).status_code)

    await asyncio.gather(*map(caller, range(6)))
    told = Counter(statuses)
    # A busy machine's backend, which is in this process, may seem away to an edge: it was charged.
    assert (told[200] + told[503], told[429]) == (1_500, 300)
    assert told[200] > 1_400
    # Leases were had, while there was much room.
    assert await place.asked() - before < 1_500
