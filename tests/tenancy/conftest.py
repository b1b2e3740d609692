"""Services that share what can be shared, an edge before them, and two tenants in the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from graphql import GraphQLSchema, build_schema

from cli.edge.model import WEB, EdgeModel, Issuer, Upstream
from tests.support.edge import Keys, running_edge
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.postgres import Server
from tests.support.stack import ROOT, SERVICES, Environment, Stack, running_stack
from tests.support.valkey import running_valkey
from tests.support.web import running_web
from tests.tenancy.asking import Asker
from tests.tenancy.filling import fill
from tests.tenancy.tenants import Tenant, two_tenants

# Everybody waits for the same two connections, and is told what the other process remembers.
SHARED = {"SHADOWER_POOL_SIZE": "2", "SHADOWER_CACHE_STALENESS_SECONDS": "10"}


@dataclass(frozen=True)
class Mesh:
    """The services behind their edge."""

    stack: Stack
    environment: Environment
    model: EdgeModel
    asker: Asker


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "gateway" / "web" / "graphql" / "schema.graphql").read_text())


@pytest.fixture(scope="session")
async def shared_stack(
    postgres: Server, template: str, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Stack, Environment]]:
    folder = tmp_path_factory.mktemp("tenancy")
    async with running_valkey(folder) as valkey:
        extra = (("REDIS_URL", valkey.url), *SHARED.items())
        url = postgres.create(template)
        environment = Environment(url, jwks_file, folder, extra)
        async with running_stack(environment) as stack:
            yield stack, environment


@pytest.fixture(scope="session")
async def mesh(
    shared_stack: tuple[Stack, Environment],
    keys: KeyRing,
    jwks_file: Path,
    schema: GraphQLSchema,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Mesh]:
    (stack, environment), folder = shared_stack, tmp_path_factory.mktemp("tenancy-edge")
    socket = folder / "mesh.sock"
    async with running_web(f"unix:{socket}", keys, jwks_file, folder) as web:
        model = EdgeModel(
            upstreams=_upstreams(stack),
            web=Upstream(WEB, (web.address,)),
            mesh=f"unix:{socket}",
            issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
            descriptor=folder / "contract.binpb",
        )
        async with asker_of(folder, model, stack, schema) as asker:
            yield Mesh(stack, environment, model, asker)


def _upstreams(stack: Stack) -> tuple[Upstream, ...]:
    return tuple(Upstream(SERVICES[name], (one.address,)) for name, one in stack.running.items())


@asynccontextmanager
async def asker_of(
    folder: Path, model: EdgeModel, stack: Stack, schema: GraphQLSchema
) -> AsyncIterator[Asker]:
    async with AsyncExitStack() as opened:
        edge = await opened.enter_async_context(running_edge(folder, model, Keys()))
        limits = httpx.Limits(max_connections=100)
        client = httpx.AsyncClient(
            base_url=edge.anonymous.base_url, trust_env=False, timeout=30, limits=limits
        )
        http = await opened.enter_async_context(client)
        own_ports = {
            f"shadower.runtime.v1.{name}": stack.running["metrics"].channel()
            for name in ("CacheService", "StatisticsService")
        }
        yield Asker(edge, http, own_ports, schema)
        for channel in own_ports.values():
            await channel.close()


@pytest.fixture(scope="session")
async def tenants(mesh: Mesh, keys: KeyRing) -> tuple[Tenant, Tenant]:
    both = two_tenants()
    await asyncio.gather(*(fill(mesh.stack, keys, tenant) for tenant in both))
    return both
