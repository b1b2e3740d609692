"""Quotas of workspaces: what they have, what is told of it, and what is refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
import psycopg
import pytest
from edge_api import rate_limit_service_pb2 as edge
from shadower.limits.v1 import limits_service_pb2 as pb
from shadower.limits.v1.quota_pb2 import QuotaKind
from structlog.testing import capture_logs

from gateway.limits.counters import OwnCounters
from gateway.limits.edge_servicer import EdgeServicer
from gateway.limits.limit import DEFAULTS, Limit, Scope
from gateway.limits.limiter import Limiter
from gateway.limits.quotas import Full, Quotas
from services.runtime.background import in_background
from services.runtime.faults import Unavailable
from services.runtime.identity import Principal
from services.runtime.pool import LIMITER_ROLE, open_pool
from services.warehouse.database import Database, UnwritableError
from services.warehouse.limits.quotas import QuotaChanges, SetQuota, month_of
from tests.support.bus import settings_of
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.limits import OK, OVER_LIMIT, headers, refusal_of
from tests.support.runs import Client, run
from tests.support.stack import Stack

EXECUTIONS, STORED_DAYS = QuotaKind.QUOTA_KIND_EXECUTIONS, QuotaKind.QUOTA_KIND_STORED_DAYS
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Ruled:
    """A workspace, those who set its quotas, and two processes that watch them."""

    client: Client
    operator: Any
    limits: Any
    watchers: list[Quotas]
    database_url: str

    @property
    def workspace(self) -> str:
        return self.client.workspace

    async def set(self, kind: Any, amount: int, *, refuses: bool = False) -> Any:
        request = pb.UpdateQuotaRequest(
            workspace_id=self.workspace, kind=kind, amount=amount, refuses=refuses
        )
        return (await self.limits.UpdateQuota(request, metadata=self.operator)).quota

    async def unset(self, kind: Any) -> None:
        request = pb.DeleteQuotaRequest(workspace_id=self.workspace, kind=kind)
        await self.limits.DeleteQuota(request, metadata=self.operator)

    async def run(self, number: int, at: datetime, name: str = "run") -> None:
        await self.client.record([run(f"{name}-{n}-{at:%d}", at) for n in range(number)])

    async def look(self) -> None:
        for watcher in self.watchers:
            await watcher.look()

    async def usage(self) -> dict[int, Any]:
        request = pb.GetUsageRequest(workspace_id=self.workspace)
        answer = await self.limits.GetUsage(request, metadata=self.client.metadata)
        return {one.kind: one for one in answer.quotas}

    def warnings(self) -> list[dict[str, Any]]:
        query = """select data from shadower.outbox
            where workspace_id = %s and type = 'system.warning' order by id"""
        with psycopg.connect(self.database_url) as connection:
            return [row[0] for row in connection.execute(query, [self.workspace])]


@pytest.fixture
async def ruled(stack: Stack, client: Client, keys: KeyRing) -> AsyncIterator[Ruled]:
    told = settings_of(stack.database_url)
    async with AsyncExitStack() as opened:
        database = Database(await opened.enter_async_context(open_pool(told)))
        everywhere = await opened.enter_async_context(open_pool(told, LIMITER_ROLE))
        watchers = [Quotas(database, QuotaChanges(everywhere)) for _ in range(2)]
        operator = keys.metadata(client.workspace, permissions=["limits:write"])
        yield Ruled(client, operator, stack.stubs.limits, watchers, stack.database_url)


def this_month() -> datetime:
    return month_of(datetime.now(UTC)).start


async def test_what_a_workspace_has_is_told(ruled: Ruled) -> None:
    assert {kind: one.used for kind, one in (await ruled.usage()).items()} == {
        EXECUTIONS: 0,
        STORED_DAYS: 0,
    }
    start = this_month()
    await ruled.run(3, start)
    await ruled.run(4, start - timedelta(microseconds=1))
    await ruled.run(2, start - 40 * DAY)
    await ruled.run(5, start, "late")
    usage = await ruled.usage()
    assert usage[EXECUTIONS].used == 8
    stored_days = (datetime.now(UTC).date() - (start - 40 * DAY).date()).days + 1
    assert usage[STORED_DAYS].used == stored_days
    assert not any(one.HasField("quota") for one in usage.values())
    quota = await ruled.set(EXECUTIONS, 10)
    usage = await ruled.usage()
    assert usage[EXECUTIONS].quota == quota
    assert (quota.amount, quota.refuses) == (10, False)
    assert not usage[STORED_DAYS].HasField("quota")
    await ruled.unset(EXECUTIONS)
    assert not (await ruled.usage())[EXECUTIONS].HasField("quota")


async def test_what_is_used_up_is_told_once_a_month_whoever_watches(ruled: Ruled) -> None:
    start = this_month()
    await ruled.set(EXECUTIONS, 10)
    await ruled.run(7, start)
    await ruled.look()
    assert ruled.warnings() == []
    await ruled.run(1, start, "eighth")
    await ruled.look()
    await ruled.look()
    eighty = {
        "quota": "executions",
        "percent": 80,
        "amount": 10,
        "used": 8,
        "month": f"{start:%Y-%m}",
    }
    assert ruled.warnings() == [eighty]
    await ruled.run(4, start, "more")
    await ruled.look()
    await ruled.look()
    assert ruled.warnings() == [eighty, {**eighty, "percent": 100, "used": 12}]
    await ruled.set(EXECUTIONS, 11)
    await ruled.look()
    assert len(ruled.warnings()) == 2


class Defaults:
    """A LimitSource."""

    def limit(self, workspace_id: str, limit_class: str, scope: Scope) -> Limit:
        return DEFAULTS[limit_class]


class Known:
    """Whoever calls is the same."""

    def __init__(self, *workspaces: str) -> None:
        end = datetime(2100, 1, 1, tzinfo=UTC)
        self._caller = Principal("ann", "t", frozenset(workspaces), frozenset(), end, 1)

    def verify(self, token: str) -> Principal:
        return self._caller


async def asked(quotas: Quotas, limit_class: str, *workspaces: str, **entries: str) -> Any:
    known: Any = Known(*workspaces)
    servicer = EdgeServicer(known, Defaults(), quotas, Limiter(OwnCounters(), None))
    told = {"class": limit_class, "authorization": "Bearer t", **entries}
    descriptor = {"entries": [{"key": key, "value": value} for key, value in told.items()]}
    request = edge.RateLimitRequest(domain="shadower", descriptors=[descriptor])
    return await servicer.ShouldRateLimit(request, None)


async def test_more_is_refused_only_if_the_quota_says_so(ruled: Ruled) -> None:
    await ruled.run(10, this_month())
    own, quotas = ruled.workspace, ruled.watchers[0]
    await ruled.set(EXECUTIONS, 10)
    await quotas.look()
    assert (await asked(quotas, "ingestion", own)).overall_code == OK
    await ruled.set(EXECUTIONS, 10, refuses=True)
    await quotas.look()
    answer = await asked(quotas, "ingestion", own)
    assert answer.overall_code == answer.statuses[0].code == OVER_LIMIT
    found = refusal_of(answer)
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    assert found.metadata == {"workspaceId": own, "quota": "executions", "limit": "10"}
    until_next = (month_of(datetime.now(UTC)).end - datetime.now(UTC)).total_seconds()
    assert until_next - 5 < int(headers(answer)["retry-after"]) <= until_next + 5
    for limit_class, names in (("dashboards", (own,)), ("ingestion", ("another",))):
        assert (await asked(quotas, limit_class, *names)).overall_code == OK
    both = (own, "another")
    assert (await asked(quotas, "ingestion", *both)).overall_code == OK
    assert (await asked(quotas, "ingestion", *both, workspace=own)).overall_code == OVER_LIMIT
    assert (await asked(quotas, "ingestion", *both, workspace="another")).overall_code == OK
    assert (await asked(quotas, "ingestion", "another", workspace=own)).overall_code == OK
    await ruled.set(EXECUTIONS, 11, refuses=True)
    await quotas.look()
    assert (await asked(quotas, "ingestion", own)).overall_code == OK


async def test_who_works_in_very_many_workspaces_must_name_one(shared_database: Database) -> None:
    changes: Any = OfTwo("w0")
    quotas, many = Quotas(shared_database, changes), [f"w{number}" for number in range(11)]
    answer = await asked(quotas, "dashboards", *many)
    assert answer.overall_code == answer.statuses[0].code == OVER_LIMIT
    found = refusal_of(answer)
    assert (found.code, found.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "WORKSPACE_AMBIGUOUS")
    assert "retry-after" not in headers(answer)
    assert (await asked(quotas, "dashboards", *many, workspace="w10")).overall_code == OK
    assert (await asked(quotas, "dashboards", *many[1:])).overall_code == OK


async def test_days_that_are_stored_have_a_quota_too(ruled: Ruled) -> None:
    await ruled.run(1, datetime.now(UTC) - 30 * DAY)
    await ruled.set(STORED_DAYS, 31, refuses=True)
    await ruled.look()
    assert [one["quota"] for one in ruled.warnings()] == ["stored_days", "stored_days"]
    answer = await asked(ruled.watchers[1], "ingestion", ruled.workspace)
    assert refusal_of(answer).metadata["quota"] == "stored_days"
    await ruled.unset(STORED_DAYS)
    await ruled.look()
    assert (await asked(ruled.watchers[1], "ingestion", ruled.workspace)).overall_code == OK


def test_what_is_used_up_in_a_month_is_free_in_the_next() -> None:
    month = datetime(2026, 12, 1, tzinfo=UTC)
    executions, days = (
        Full(SetQuota("w", kind, 1, refuses=True), month) for kind in ("executions", "stored_days")
    )
    assert month_of(month + 30 * DAY).end == datetime(2027, 1, 1, tzinfo=UTC)
    assert [executions.holds(month + n * DAY) for n in (0, 30, 31)] == [True, True, False]
    assert days.holds(month + 31 * DAY)
    assert executions.refusal(month + 30 * DAY).retry_after == DAY


class OfTwo:
    """Quotas of a workspace that is away, and of one that is not."""

    def __init__(self, workspace: str) -> None:
        self._workspaces = ("away", workspace)
        self.asked = 0

    async def since(self, position: int) -> tuple[list[SetQuota], int]:
        self.asked += 1
        return [SetQuota(name, "executions", 1, refuses=True) for name in self._workspaces], 1


class HalfAway:
    """A database that has lost a workspace."""

    def __init__(self, database: Database, loss: Exception) -> None:
        self.writing = database.writing
        self._database = database
        self._loss = loss

    def reading(self, workspace_id: str) -> Any:
        if workspace_id == "away":
            raise self._loss
        return self._database.reading(workspace_id)


LOSSES: dict[str, Exception] = {
    "away": Unavailable("DATABASE_UNAVAILABLE", "it is away"),
    "no table": asyncpg.UndefinedTableError("there is no such table"),
    "no right": asyncpg.InsufficientPrivilegeError("it is not for you"),
    "unwritable": UnwritableError("out of range"),
}


@pytest.mark.parametrize("loss", LOSSES)
async def test_trouble_with_one_workspace_is_no_other_ones(
    shared_database: Database, client: Client, loss: str
) -> None:
    await client.record([run("one", this_month())])
    half: Any = HalfAway(shared_database, LOSSES[loss])
    changes: Any = OfTwo(client.workspace)
    quotas = Quotas(half, changes, most=2)
    with pytest.raises(Unavailable):
        await quotas.look()
    assert quotas.refusal("away") is None
    assert quotas.refusal(client.workspace)
    assert not quotas.have_room_for("another", "executions")
    assert quotas.have_room_for("away", "executions")


async def test_what_cannot_be_judged_ends_nobody_and_is_said_once(
    shared_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.limits.quotas.LOOK_SECONDS", 0)
    half: Any = HalfAway(shared_database, LOSSES["no table"])
    changes: Any = OfTwo("away")
    quotas = Quotas(half, changes)
    with capture_logs() as logs:
        async with in_background(quotas.follow()):
            while changes.asked < 5:  # noqa: ASYNC110 - it waits for another task
                await asyncio.sleep(0)
    assert len(logs) == 1
    assert "waits for a migration" in logs[0]["error"]


class Restored:
    """Changes of a database that may go back to its past, where fewer transactions have been."""

    def __init__(self) -> None:
        self.kept = {name: (9, SetQuota(name, "executions", 1, refuses=True)) for name in "ab"}

    def go_back(self) -> None:
        self.kept = {"c": (2, SetQuota("c", "executions", 1, refuses=True))}

    async def since(self, position: int) -> tuple[list[SetQuota], int]:
        return [quota for at, quota in self.kept.values() if at >= position], 10


async def test_what_a_restored_database_does_not_have_is_no_quota_any_more(
    shared_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.limits.following.ANEW_SECONDS", 0)
    changes: Any = Restored()
    quotas = Quotas(shared_database, changes, most=2)
    await quotas.look()
    assert not quotas.have_room_for("c", "executions")
    changes.go_back()
    await quotas.look()
    assert quotas.have_room_for("a", "executions")
    assert quotas.have_room_for("c", "executions")


WRONG = [({"kind": 0}, "kind"), ({"kind": 9}, "kind"), ({"amount": 0}, "amount")]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
async def test_what_cannot_be_a_quota_is_refused(
    ruled: Ruled, wrong: dict[str, Any], field: str
) -> None:
    good = {"kind": EXECUTIONS, "amount": 6}
    request = pb.UpdateQuotaRequest(workspace_id=ruled.workspace, **(good | wrong))
    found = await refused(ruled.limits.UpdateQuota(request, metadata=ruled.operator))
    assert (found.reason, found.fields) == ("VALIDATION_FAILED", (field,))
