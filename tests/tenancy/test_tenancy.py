"""Every RPC by every protocol, asked by two tenants at once over the same connections, pools and
caches: nobody hears a byte of the other, also where the other went away in the middle of a query.

What is asked follows from descriptors. An RPC of which nobody thought fails here.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest
from graphql import GraphQLSchema
from shadower.alerts.v1.alerts_service_pb2 import EvaluateRulesRequest

from tests.integration.test_tenancy import TABLES
from tests.support.keys import KeyRing
from tests.tenancy.alerting import groups_found, judged_until, make_due, sides_left
from tests.tenancy.asked import OK
from tests.tenancy.conftest import Mesh
from tests.tenancy.expected import (
    BY_SECRET,
    DENIED,
    GONE,
    NAMES_IDS,
    NOBODY_HAS,
    NOT_THERE,
    OF_THE_SYSTEM,
    READ_FACTS,
    SILENT,
    STEADY,
)
from tests.tenancy.filling import empty_tables
from tests.tenancy.halting import Halt, leave_in_the_middle
from tests.tenancy.judging import content_of
from tests.tenancy.load import AGAIN, Aim, Findings, Load, Try, answered, asked_by, key_of
from tests.tenancy.mutated import (
    MUTATED,
    REMEMBERED,
    found,
    kinds,
    mutated,
    policies_off,
    told_foreign,
)
from tests.tenancy.questions import QUESTIONS
from tests.tenancy.tenants import START, Tenant
from tests.tenancy.ways import Protocol, Way, all_ways
from tools.fuzzing.rpcs import rpcs_of_the_contract

SEED = 6
WAYS = all_ways()
HALTS = 3
HALTED = 36
# Whose ids both have, and each deletes what the other keeps.
KEPT_APART = {
    "alert_rules": "rule_id",
    "alert_silences": "silence_id",
    "report_definitions": "definition_id",
    "reports": "report_id",
    "notification_targets": "target_id",
}


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
        if aim is not Aim.WORKSPACE or way.name not in BY_SECRET
    ]


def test_every_table_has_rows_of_both(
    whole: Whole, mesh: Mesh, tenants: tuple[Tenant, Tenant]
) -> None:
    tables = set(TABLES) - OF_THE_SYSTEM.keys()
    for tenant in tenants:
        assert empty_tables(mesh.stack.database_url, tenant, tables) == []


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
    for way in WAYS:
        own, ids, workspace = (_codes(whole, way, aim) for aim in Aim)
        assert own, str(way)
        assert own <= GONE.get(way.name, {OK}), str(way)
        assert OK in own or way.name in NOBODY_HAS, str(way)
        assert ids <= NOT_THERE, str(way)
        assert workspace == (set() if way.name in BY_SECRET else DENIED), str(way)


def _codes(whole: Whole, way: Way, aim: Aim) -> set[str]:
    counted = whole.findings.codes.get((str(way), aim), Counter[str]())
    return set(counted) - AGAIN


def test_what_one_deletes_the_other_keeps(
    whole: Whole, mesh: Mesh, tenants: tuple[Tenant, Tenant]
) -> None:
    for own in tenants:
        for table, column in KEPT_APART.items():
            assert sides_left(mesh.stack.database_url, own, table, column) == [own.kept], table


async def test_a_tenant_has_his_own_rules_judged_and_no_others(
    whole: Whole, mesh: Mesh, tenants: tuple[Tenant, Tenant], keys: KeyRing
) -> None:
    url, stub = mesh.stack.database_url, mesh.stack.stubs.alerts
    for own, other in (tenants, tenants[::-1]):
        make_due(url, own)
        make_due(url, other)
        metadata = (("authorization", f"Bearer {own.token(keys)}"),)
        request = EvaluateRulesRequest(workspace_id=own.workspace)
        await stub.EvaluateRules(request, metadata=metadata)
        assert judged_until(url, own) > judged_until(url, other) == START
        found = groups_found(url, own)
        assert found
        assert all(own.word in one for one in found)


def test_many_went_away_in_the_middle(whole: Whole) -> None:
    assert all(halt.left >= 4 <= halt.waiting for halt in whole.halts), whole.halts
    # Nobody else waits for some of it, and it ends with its caller.
    assert sum(halt.waiting_on for halt in whole.halts) < sum(halt.waiting for halt in whole.halts)
    assert whole.findings.left > 50


async def test_a_cache_that_knows_no_workspaces_is_found(
    mesh: Mesh,
    tenants: tuple[Tenant, Tenant],
    keys: KeyRing,
    schema: GraphQLSchema,
    tmp_path: Path,
) -> None:
    async with mutated("cache", mesh, schema, tmp_path) as mutant:
        # An answer is another's only if nobody asked for a fresh one in between.
        findings = await found(mutant, keys, tenants, REMEMBERED, times=30)
    assert told_foreign(findings, REMEMBERED) == kinds(REMEMBERED)


async def test_queries_that_forget_the_workspace_are_found_where_policies_are_off(
    mesh: Mesh,
    tenants: tuple[Tenant, Tenant],
    keys: KeyRing,
    schema: GraphQLSchema,
    tmp_path: Path,
) -> None:
    """The same queries tell nothing foreign as long as the database keeps rows apart itself."""
    async with mutated("queries", mesh, schema, tmp_path, SHADOWER_CACHE_BYTES="0") as mutant:
        kept = await found(mutant, keys, tenants, MUTATED)
        with policies_off(mesh.stack.database_url):
            mixed = await found(mutant, keys, tenants, MUTATED)
    assert kept.foreign == []
    assert told_foreign(mixed, MUTATED) == kinds(MUTATED)
