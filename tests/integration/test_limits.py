"""The limiter as three processes over one Valkey and one database, asked as Envoy asks it."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from edge_api import rate_limit_service_pb2 as edge
from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.limits.v1 import limits_service_pb2 as pb
from shadower.limits.v1.limit_pb2 import LimitScope

from gateway.limits.limit import DEFAULTS, Scope
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.limits import (
    OK,
    OVER_LIMIT,
    Operator,
    Replica,
    headers,
    refusal_of,
    replicas_of_the_limiter,
)
from tests.support.postgres import Server
from tests.support.valkey import running_valkey

RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.fixture(scope="module")
async def replicas(
    postgres: Server, template: str, jwks_file: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[Replica]]:
    folder = tmp_path_factory.mktemp("limits")
    async with running_valkey(folder) as valkey:
        patient = ("SHADOWER_REDIS_TIMEOUT_SECONDS", "5")
        told = (("REDIS_URL", valkey.url), patient)
        url = postgres.create(template)
        async with replicas_of_the_limiter(3, url, jwks_file, folder, *told) as running:
            yield running


@pytest.fixture
def operator(keys: KeyRing, workspace: str) -> Operator:
    return Operator(keys, workspace)


async def test_n_of_more_requests_at_once_pass_whichever_replica_is_asked(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    token = keys.token(workspace)
    passed = await asyncio.gather(
        *(replica.lets_through("analytics", token) for _ in range(60) for replica in replicas)
    )
    assert sum(passed) == DEFAULTS["analytics"].amount == 100


async def test_a_workspace_has_one_budget_for_all_who_work_in_it(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    tokens = [keys.token(workspace, sub=f"user-{number}") for number in range(3)]
    passed = await asyncio.gather(
        *(one.lets_through("reports", token) for one in replicas for token in tokens * 3)
    )
    assert sum(passed) == DEFAULTS["reports"].amount == 10
    found = refusal_of(await replicas[0].ask("reports", tokens[0]))
    assert (found.code, found.reason) == (RESOURCE_EXHAUSTED, "RATE_LIMITED")
    assert found.metadata == {
        "workspaceId": workspace,
        "scope": "workspace",
        "class": "reports",
        "limit": "10",
        "seconds": "60",
    }


@pytest.mark.parametrize("subject", ["ann", "api-key:7"])
async def test_one_caller_does_not_use_up_what_is_anothers(
    replicas: list[Replica], keys: KeyRing, workspace: str, operator: Operator, subject: str
) -> None:
    scope = LimitScope.Value(f"LIMIT_SCOPE_{'API_KEY' if ':' in subject else 'USER'}")
    limit = await operator.set(replicas[0], "exports", 2, scope=scope)
    await operator.until_known(replicas, limit, subject)
    greedy, other = (keys.token(workspace, sub=one) for one in (subject, f"{subject}-2"))
    passed = [await replicas[0].lets_through("exports", greedy) for _ in range(4)]
    assert passed == [True, True, False, False]
    passed = [await replicas[1].lets_through("exports", other) for _ in range(4)]
    assert passed == [True, True, False, False]


async def test_strangers_use_up_nothing_of_a_workspace(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    stranger, path = keys.token(f"{workspace}-2", sub=workspace), f"/v1/workspaces/{workspace}/x"
    named = [{"workspace": workspace}, {"path": path}]
    asked = [await replicas[0].lets_through("exports", stranger, **named[i % 2]) for i in range(8)]
    assert asked == [True] * 5 + [False] * 3
    owner = keys.token(workspace)
    mine = [await replicas[0].lets_through("exports", owner, path=path) for _ in range(6)]
    assert mine == [True] * 5 + [False]


async def test_what_came_back_when_the_header_says_so_passes(
    replicas: list[Replica], keys: KeyRing, workspace: str, operator: Operator
) -> None:
    limit = await operator.set(replicas[0], "reports", 3, seconds=3)
    await operator.until_known(replicas, limit)
    token = keys.token(workspace)
    for _ in range(2):
        answers = [await replicas[n % 3].ask("reports", token) for n in range(4)]
        answer = answers[-1]
        assert answer.overall_code == OVER_LIMIT
        seconds = int(headers(answer)["retry-after"])
        status, told = answer.statuses[0], refusal_of(answer)
        assert 1 <= seconds <= 4
        assert status.duration_until_reset.seconds == seconds
        assert told.retry_seconds
        assert seconds - 1 < told.retry_seconds <= seconds
        await asyncio.sleep(told.retry_seconds)
        assert await replicas[2].lets_through("reports", token)


async def test_the_edge_is_told_what_is_left(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    token = keys.token(workspace)
    told = [(await replicas[0].ask("reports", token)).statuses[0] for _ in range(10)]
    assert [status.limit_remaining for status in told] == list(reversed(range(10)))
    unit = edge.RateLimitResponse.RateLimit.MINUTE
    for status in told:
        assert (status.current_limit.requests_per_unit, status.current_limit.unit) == (10, unit)
        assert 30 <= status.duration_until_reset.seconds <= 61


async def test_json_is_told_by_its_own_means(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    token, path = keys.token(workspace), f"/v1/workspaces/{workspace}/exports"
    for _ in range(5):
        await replicas[0].ask("exports", token, path=path)
    answer = await replicas[0].ask("exports", token, path=path)
    assert set(headers(answer)) == {"retry-after", "x-shadower-reason"}
    assert headers(answer)["x-shadower-reason"] == "RATE_LIMITED"
    assert answer.raw_body == (
        b"the limit of the workspace is 5 requests in 3600 s of class exports"
    )


BAD = ["", "Bearer", "Bearer garbage", "Basic YTpi", "Bearer " + "x" * 20_000]


@pytest.mark.parametrize("authorization", range(len(BAD)))
async def test_whom_nobody_knows_is_refused_elsewhere(
    replicas: list[Replica], authorization: int
) -> None:
    given = BAD[authorization]
    for _ in range(7):
        answer = await replicas[0].ask("exports", "", authorization=given)
        assert answer.overall_code == OK
        assert not answer.statuses[0].HasField("current_limit")


async def test_a_token_that_has_expired_is_charged_to_nobody(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    old = keys.token(workspace, exp=int(time.time()) - 10)
    assert all([await replicas[0].lets_through("exports", old) for _ in range(7)])
    assert await replicas[0].lets_through("exports", keys.token(workspace))


async def test_questions_of_others_are_let_through(replicas: list[Replica]) -> None:
    for request in ({"domain": "another", "descriptors": [{}]}, {"domain": "shadower"}):
        answer = await replicas[0].edge.ShouldRateLimit(edge.RateLimitRequest(**request))
        assert (answer.overall_code, len(answer.statuses)) == (OK, 0)


async def test_what_is_set_at_one_replica_holds_at_the_others(
    replicas: list[Replica], keys: KeyRing, workspace: str, operator: Operator
) -> None:
    token = keys.token(workspace)
    assert await replicas[1].lets_through("dashboards", token)
    limit = await operator.set(replicas[0], "dashboards", 1, seconds=60)
    await operator.until_known(replicas, limit)
    assert [await one.lets_through("dashboards", token) for one in replicas] == [False] * 3
    await operator.until_known(replicas, await operator.unset(replicas[1], "dashboards"))
    assert [await one.lets_through("dashboards", token) for one in replicas] == [True] * 3


async def listed(replica: Replica, workspace: str, metadata: Any) -> dict[tuple[int, int], Any]:
    request = pb.ListLimitsRequest(workspace_id=workspace)
    answer = await replica.limits.ListLimits(request, metadata=metadata)
    assert answer.as_of.seconds > 1_700_000_000
    return {(one.limit_class, one.scope): one for one in answer.limits}


async def test_the_list_tells_defaults_and_what_is_set(
    replicas: list[Replica], keys: KeyRing, workspace: str, operator: Operator
) -> None:
    analyst = keys.metadata(workspace, role="analyst")
    defaults = await listed(replicas[0], workspace, analyst)
    assert len(defaults) == len(DEFAULTS) * len(Scope) == 21
    assert all(one.is_default for one in defaults.values())
    exports, user = LimitClass.LIMIT_CLASS_EXPORTS, LimitScope.LIMIT_SCOPE_USER
    assert (defaults[exports, user].amount, defaults[exports, user].period.seconds) == (5, 3600)
    answer = await operator.set(replicas[0], "exports", 7, seconds=120)
    now = await listed(replicas[1], workspace, analyst)
    assert now[exports, user] == answer.limit
    assert (answer.limit.amount, answer.limit.period.seconds) == (7, 120)
    assert {key for key in now if now[key] != defaults[key]} == {(exports, user)}
    answer = await operator.unset(replicas[2], "exports")
    assert await operator.unset(replicas[2], "exports") == answer
    assert await listed(replicas[1], workspace, analyst) == defaults
    assert answer.limit == defaults[exports, user]


async def test_usage_is_that_of_the_whole_edge(
    replicas: list[Replica], keys: KeyRing, workspace: str
) -> None:
    tokens = {name: keys.token(workspace, sub=name) for name in ("ann", "bob")}
    for replica in replicas:
        for name, times in (("ann", 2), ("bob", 1)):
            for _ in range(times):
                assert await replica.lets_through("analytics", tokens[name])
    for subject, own, used in (("", "ann", 6), ("bob", "ann", 3), ("carl", "ann", 0)):
        answer = await replicas[0].limits.GetUsage(
            pb.GetUsageRequest(workspace_id=workspace, subject=subject),
            metadata=keys.metadata(workspace, sub=own),
        )
        assert answer.subject == (subject or own)
        for usages, expected in ((answer.workspace, 9), (answer.caller, used)):
            of_class = {one.limit.limit_class: one for one in usages}
            assert len(of_class) == len(DEFAULTS)
            one = of_class[LimitClass.LIMIT_CLASS_ANALYTICS]
            assert (one.used, one.remaining) == (expected, 100 - expected)
            assert one.HasField("until_more") == (expected > 0)
            assert of_class[LimitClass.LIMIT_CLASS_EXPORTS].used == 0


WRONG = [
    ({"limit_class": 0}, "limit_class"),
    ({"limit_class": 99}, "limit_class"),
    ({"scope": 0}, "scope"),
    ({"amount": 0}, "amount"),
    ({"amount": 1_000_000_001}, "amount"),
    ({"period": None}, "period"),
    ({"period": {"seconds": 0}}, "period"),
    ({"period": {"seconds": 1, "nanos": 5}}, "period"),
    ({"period": {"seconds": 2_678_401}}, "period"),
]


@pytest.mark.parametrize(("wrong", "field"), WRONG)
async def test_what_cannot_be_a_limit_is_refused(
    replicas: list[Replica], operator: Operator, wrong: dict[str, Any], field: str
) -> None:
    good = {"limit_class": 4, "scope": 1, "amount": 6, "period": {"seconds": 60}}
    request = pb.UpdateLimitRequest(workspace_id=operator.workspace, **(good | wrong))
    found = await refused(replicas[0].limits.UpdateLimit(request, metadata=operator.metadata))
    assert (found.reason, found.fields) == ("VALIDATION_FAILED", (field,))


async def test_nobody_raises_what_binds_himself(
    replicas: list[Replica], keys: KeyRing, operator: Operator
) -> None:
    operator.metadata = keys.metadata(operator.workspace, role="owner")
    found = await refused(operator.set(replicas[0], "exports", 1000))
    assert (found.reason, found.metadata) == ("PERMISSION_MISSING", {"permission": "limits:write"})
