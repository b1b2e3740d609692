"""A mesh with one service that does not keep tenants apart, and what is found in it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg
from graphql import GraphQLSchema

from cli.edge.model import Upstream
from cli.stack.services import module_of
from tests.support.keys import KeyRing
from tests.support.stack import SERVICES, ready, start, stop
from tests.tenancy.conftest import Mesh, asker_of
from tests.tenancy.load import Aim, Findings, Load, Try
from tests.tenancy.tenants import Tenant
from tests.tenancy.ways import Protocol, Way, all_ways

NAME = "metrics"
DIRECT = {Protocol.GRPC, Protocol.GRPC_WEB, Protocol.REST, Protocol.EVENTS}
SERVICE = SERVICES[NAME]
MUTATED = [way for way in all_ways() if way.rpc.service == SERVICE and way.protocol in DIRECT]
REMEMBERED = [way for way in MUTATED if way.rpc.name == "GetMetrics"]
TABLES = ("executions", "metric_points", "workspaces", "rollups", "execution_cells", "point_cells")


@asynccontextmanager
async def mutated(
    mutation: str, mesh: Mesh, schema: GraphQLSchema, folder: Path, **more: str
) -> AsyncIterator[Mesh]:
    """The mesh with one service that is not ours quite, behind an edge of its own."""
    environment = replace(mesh.environment, extra=(*mesh.environment.extra, *more.items()))
    running = start(NAME, environment, "tests.tenancy.mutant", mutation, module_of(NAME))
    try:
        await ready(running)
        others = [one for one in mesh.model.upstreams if one.service != SERVICE]
        upstreams = (*others, Upstream(SERVICE, (running.address,)))
        model = replace(mesh.model, upstreams=upstreams, web=None, mesh="")
        async with asker_of(folder, model, mesh.stack, schema) as asker:
            yield replace(mesh, model=model, asker=asker)
    finally:
        stop(running)


async def found(
    mesh: Mesh,
    keys: KeyRing,
    tenants: tuple[Tenant, Tenant],
    ways: list[Way],
    times: int = 4,
) -> Findings:
    """Each tenant asks so many times by each way."""
    one, two = tenants
    pairs = ((one, two), (two, one)) * times
    tries = [Try(way, Aim.OWN, own, other) for own, other in pairs for way in ways]
    return await Load(mesh.asker, keys, {}, Random(1)).run(tries)


def told_foreign(findings: Findings, ways: list[Way]) -> set[tuple[str, Protocol]]:
    """RPCs and protocols by which something was."""
    return kinds([way for way in ways if any(str(way) in line for line in findings.foreign)])


def kinds(ways: list[Way]) -> set[tuple[str, Protocol]]:
    return {(way.name, way.protocol) for way in ways}


@contextmanager
def policies_off(url: str) -> Iterator[None]:
    def say(what: str) -> None:
        with psycopg.connect(url) as connection:
            for table in TABLES:
                connection.execute(f"alter table shadower.{table} {what} row level security")

    say("disable")
    try:
        yield
    finally:
        say("enable")
