"""Every RPC by every protocol, asked by two tenants at once over the same connections, pools and
caches: nobody hears a byte of the other, also where the other went away in the middle of a query.

What is asked follows from descriptors. An RPC of which nobody thought fails here.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from tests.integration.test_tenancy import TABLES
from tests.support.keys import KeyRing
from tests.tenancy.asked import OK
from tests.tenancy.conftest import Mesh
from tests.tenancy.filling import empty_tables
from tests.tenancy.halting import Halt, leave_in_the_middle
from tests.tenancy.judging import content_of
from tests.tenancy.load import Aim, Findings, Load, Try, answered, asked_by, key_of
from tests.tenancy.questions import NAMES_IDS, QUESTIONS
from tests.tenancy.tenants import Tenant
from tests.tenancy.ways import Protocol, Way, all_ways
from tools.fuzzing.rpcs import rpcs_of_the_contract

SEED = 5
WAYS = all_ways()
HALTS = 3
HALTED = 24
# Whose answers have no place for anything that is a tenant's.
SILENT = {
    "access.v1.AccessService/DeleteApiKey": "empty",
    "aggregates.v1.AggregatesService/ListRollups": "times and kinds of cells",
    "aggregates.v1.AggregatesService/RollUp": "times and kinds of cells",
    "aggregates.v1.AggregatesService/VerifyRollups": "cells are named only where they are wrong",
    "bus.v1.DeadLettersService/ReplayDeadLetters": "what was asked for, and when it was done",
    "ingest.v1.IngestService/Reconcile": "counts by kind",
    "ingest.v1.OtlpHttpService/ExportTraces": "empty, unless something is refused",
    "ingest.v1.OtlpHttpService/ExportMetrics": "empty, unless something is refused",
    "ingest.v1.PricingService/GetPriceTable": "the same for all",
    "ingest.v1.PricingService/RepriceModelCalls": "counts",
    "limits.v1.LimitsService/DeleteLimit": "the default, which is the same for all",
    "limits.v1.LimitsService/DeleteQuota": "empty",
    "opentelemetry.proto.collector.trace.v1.TraceService/Export": "empty, as above",
    "opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "empty, as above",
    "runtime.v1.CacheService/GetCacheStatistics": "of the process, for operators",
    "runtime.v1.CacheService/InvalidateAnswers": "a count",
}
# What is told under load is what is told to one who is alone, word for word.
STEADY = {
    "agents.v1.AgentsService/ListAgents",
    "agents.v1.AgentsService/GetAgentPerformance",
    "aggregates.v1.AggregatesService/CalculateAggregates",
    "bus.v1.DeadLettersService/GetDeadLetter",
    "ingest.v1.PricingService/GetPriceTable",
    "limits.v1.LimitsService/ListLimits",
    "metrics.v1.MetricsService/GetMetrics",
    "metrics.v1.MetricsService/StreamMetrics",
    "metrics.v1.MetricsService/ListMetrics",
    "workspaces.v1.WorkspacesService/GetWorkspaceSummary",
}
# Nobody else waits for what these ask of the database.
UNSHARED = {
    "aggregates.v1.AggregatesService/RollUp",
    "aggregates.v1.AggregatesService/VerifyRollups",
    "ingest.v1.IngestService/Reconcile",
    "ingest.v1.PricingService/RepriceModelCalls",
}
READ_FACTS = {*UNSHARED, *STEADY} - {
    "bus.v1.DeadLettersService/GetDeadLetter",
    "ingest.v1.PricingService/GetPriceTable",
    "limits.v1.LimitsService/ListLimits",
    "metrics.v1.MetricsService/ListMetrics",
}
# Of what is another's in the own workspace, nothing is there.
NOT_THERE = {"NOT_FOUND", OK}
DENIED = {"PERMISSION_DENIED"}
GONE = {"access.v1.AccessService/DeleteApiKey": {OK, "NOT_FOUND"}}


def test_there_is_a_question_for_every_rpc() -> None:
    """Whoever adds an RPC adds what two tenants ask of it, or why it tells nothing of them."""
    assert {way.name for way in WAYS} == set(QUESTIONS)
    assert {way.rpc.path for way in WAYS} == {rpc.path for rpc in rpcs_of_the_contract()}
    assert set(SILENT) | STEADY <= set(QUESTIONS)


def test_every_protocol_leads_somewhere() -> None:
    assert {way.protocol for way in WAYS} == set(Protocol)


@dataclass(frozen=True)
class Whole:
    """What was found while both asked at once."""

    findings: Findings
    halts: Sequence[Halt]


@pytest.fixture(scope="module")
async def whole(mesh: Mesh, tenants: tuple[Tenant, Tenant], keys: KeyRing) -> Whole:
    before: dict[str, str] = {}
    for own in tenants:
        steady = [way for way in WAYS if way.name in STEADY]
        before |= await _alone(mesh, keys, tries_of(tenants, Aim.OWN, steady, own))
    load = Load(mesh.asker, keys, before, Random(SEED))
    return Whole(load.findings, await _together(mesh, load, tenants))


async def _alone(mesh: Mesh, keys: KeyRing, tries: Sequence[Try]) -> dict[str, str]:
    """What is told to each."""
    room = asyncio.Semaphore(4)

    async def told(tried: Try) -> str:
        async with room:
            heard = await answered(mesh.asker, asked_by(tried, keys))
        assert heard.code == OK, (str(tried), bytes(heard.data))
        return content_of(heard)

    return dict(zip(map(key_of, tries), await asyncio.gather(*map(told, tries)), strict=True))


async def _together(mesh: Mesh, load: Load, tenants: tuple[Tenant, Tenant]) -> list[Halt]:
    """Before each part of the load, callers are left waiting in the database, and go."""
    own, dice = tries_of(tenants, Aim.OWN, WAYS), load.dice
    others = [one for aim in (Aim.IDS, Aim.WORKSPACE) for one in tries_of(tenants, aim, WAYS)]
    tries = [*own, *(replace(one, leaves=True) for one in own), *others]
    dice.shuffle(tries)
    facts = [one for one in own if one.way.name in READ_FACTS]
    halts = []
    for part in range(HALTS):
        some, url = dice.sample(facts, HALTED), mesh.stack.database_url
        halts.append(await leave_in_the_middle(url, mesh.asker, load.keys, some))
        await load.run(tries[part::HALTS])
    return halts


def tries_of(
    tenants: tuple[Tenant, Tenant], aim: Aim, ways: Sequence[Way], *only: Tenant
) -> list[Try]:
    one, two = tenants
    return [
        Try(way, aim, own, other)
        for own, other in ((one, two), (two, one))
        if not only or own in only
        for way in ways
        if aim is not Aim.IDS or way.name in NAMES_IDS
    ]


def test_every_table_has_rows_of_both(
    whole: Whole, mesh: Mesh, tenants: tuple[Tenant, Tenant]
) -> None:
    for tenant in tenants:
        assert empty_tables(mesh.stack.database_url, tenant, TABLES) == []


def test_answers_are_such_that_a_foreign_one_would_be_noticed(
    whole: Whole, tenants: tuple[Tenant, Tenant]
) -> None:
    wanted = [one for one in WAYS if one.name not in SILENT]
    told = {key_of(tried) for tried in tries_of(tenants, Aim.OWN, wanted)}
    assert told <= whole.findings.telling


def test_nothing_of_the_other_is_told(whole: Whole) -> None:
    assert whole.findings.foreign == []


def test_answers_are_the_same_as_if_one_were_alone(whole: Whole) -> None:
    assert whole.findings.changed == []


def test_every_way_was_gone_and_answered_as_it_must(whole: Whole) -> None:
    codes = whole.findings.codes
    for way in WAYS:
        own, ids, workspace = (codes.get((str(way), aim), Counter[str]()) for aim in Aim)
        assert own.keys() <= GONE.get(way.name, {OK}), str(way)
        assert OK in own, str(way)
        assert ids.keys() <= NOT_THERE, str(way)
        assert workspace.keys() == DENIED, str(way)


def test_many_went_away_in_the_middle(whole: Whole) -> None:
    assert all(halt.left >= 4 <= halt.waiting for halt in whole.halts)
    # Nobody else waits for some of it, and it ends with its caller.
    assert sum(halt.waiting_on for halt in whole.halts) < sum(halt.waiting for halt in whole.halts)
    assert whole.findings.left > 50
