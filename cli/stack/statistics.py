"""What processes of a stack tell of themselves, and how `status` shows it."""

from collections.abc import Iterable, Iterator
from os import environ
from typing import TypeAlias

import grpc
import jwt
from google.protobuf.duration_pb2 import Duration
from rich.table import Table
from shadower.runtime.v1.statistics_pb2 import ProcessStatistics, RpcStatistics
from shadower.runtime.v1.statistics_service_pb2 import GetStatisticsRequest
from shadower.runtime.v1.statistics_service_pb2_grpc import StatisticsServiceStub

from cli.home import Home, PartState
from cli.stack.edge_part import MESH_ISSUER
from cli.tokens.keys import mesh_key_file
from cli.tokens.signing import Issuer
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.mesh_tokens import MeshTokens

SECONDS = 2
PERMISSION = "statistics:read"
Told: TypeAlias = tuple[str, ProcessStatistics]
"""By a part of that name."""


def token(home: Home) -> str:
    """As one of the mesh, which every process takes; empty in a home that has no key yet."""
    try:
        text = mesh_key_file(home).read_text()
    except FileNotFoundError:
        return ""
    issuer = environ.get("SHADOWER_MESH_ISSUER", MESH_ISSUER)
    tokens = MeshTokens(jwt.PyJWK.from_json(text), issuer, Issuer.of_environment().audience)
    return tokens.issue("status", SYSTEM_WORKSPACE, [PERMISSION]).text


async def ask(part: PartState, bearer: str) -> ProcessStatistics | None:
    """None of a part that tells nothing, or does not answer."""
    if not part.service or not bearer:
        return None
    async with grpc.aio.insecure_channel(part.address) as channel:
        try:
            answer = await StatisticsServiceStub(channel).GetStatistics(
                GetStatisticsRequest(workspace_id=SYSTEM_WORKSPACE),
                metadata=(("authorization", f"Bearer {bearer}"),),
                timeout=SECONDS,
            )
        except grpc.aio.AioRpcError:
            return None
    return answer.statistics


def tables(told: Iterable[Told]) -> Iterator[Table]:
    """Those in which there is anything."""
    known = list(told)
    found = (_rpcs(known), _pools(known), _groups(known), _dependencies(known))
    yield from (table for table in found if table.row_count)


def _rpcs(known: Iterable[Told]) -> Table:
    table = _table("part", "RPC", "calls", "failed", "mean", "95 of 100", "remembered")
    for heading in ("connections", "waited", "events"):
        table.add_column(heading, justify="right")
    for part, process in known:
        shares = _remembered(process)
        for rpc in process.rpcs:
            table.add_row(part, _short(rpc.method), *_cells(rpc, shares.get(rpc.method, "")))
    return table


def _cells(rpc: RpcStatistics, remembered: str) -> Iterator[str]:
    yield str(rpc.calls)
    yield str(sum(rpc.failures.values()) or "")
    yield _time(rpc.mean)
    yield _time(rpc.p95)
    yield remembered
    yield str(rpc.connections_taken or "")
    yield _time(rpc.connection_wait) if rpc.connections_taken else ""
    yield str(rpc.events_published or "")


def _remembered(process: ProcessStatistics) -> dict[str, str]:
    """The share of each RPC's questions that was not calculated anew."""
    shares = {}
    for one in process.cache.methods:
        known = one.hits + one.confirmed + one.shared + one.joined
        if known + one.calculated:
            shares[one.method.lstrip("/")] = f"{known / (known + one.calculated):.0%}"
    return shares


def _pools(known: Iterable[Told]) -> Table:
    table = _table("part", "connections as", "held", "idle", "most", "waiting", "given up")
    table.add_column("95 of 100 wait", justify="right")
    for part, process in known:
        for pool in process.pools:
            counts = (pool.used, pool.idle, pool.limit, pool.waiting, pool.timeouts)
            table.add_row(part, pool.pool, *map(str, counts), _time(pool.wait_p95))
    return table


def _groups(known: Iterable[Told]) -> Table:
    table = _table("part", "group of the bus", "handled", "failed", "mean", "behind", "age")
    for part, process in known:
        for group in process.groups:
            behind = str(group.behind) if group.HasField("behind") else ""
            age = _time(group.age) if group.HasField("age") else ""
            numbers = (str(group.handled), str(group.failed), _time(group.mean), behind, age)
            table.add_row(part, group.group, *numbers)
    return table


def _dependencies(known: Iterable[Told]) -> Table:
    table = _table("part", "stands on", "latency")
    for heading in ("state", "since"):
        table.add_column(heading)
    for part, process in known:
        for one in process.dependencies:
            state = "[green]up[/green]" if one.up else f"[red]{one.reason}[/red]"
            since = one.since.ToDatetime().isoformat(" ", "seconds")
            table.add_row(part, one.dependency, _time(one.latency), state, f"{since} UTC")
    return table


def _table(first: str, second: str, *numbers: str) -> Table:
    table = Table(first, second, box=None)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _short(method: str) -> str:
    """Without its package."""
    service, _, name = method.rpartition("/")
    return f"{service.rpartition('.')[2]}/{name}"


def _time(span: Duration) -> str:
    seconds = span.ToNanoseconds() / 1e9
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
