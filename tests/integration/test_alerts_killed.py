"""The process that judges is killed amid it, again and again: nothing is lost or told twice."""

import signal
from collections import Counter
from datetime import datetime
from pathlib import Path

import grpc
import psycopg
import pytest
from shadower.alerts.v1.alerts_service_pb2 import EvaluateRulesRequest
from shadower.alerts.v1.alerts_service_pb2_grpc import AlertsServiceStub

from tests.support.alerts import Watch, at, failures
from tests.support.stack import Environment, ready, stop_all
from tests.support.stack import start as run

RULES = 6
PLACES = ("judge.read", "judge.kept", "judge.committed")


async def test_whoever_is_killed_amid_a_judgement_loses_and_doubles_nothing(
    watch: Watch, start: datetime, jwks_file: Path, tmp_path: Path
) -> None:
    await watch.client.record(failures(at(start, *range(1, 180))))
    rules = [f"rule-{number}" for number in range(RULES)]
    for one in rules:
        await watch.make(start, one)
    for place in PLACES:
        await _judged_by_who_is_killed(watch, place, jwks_file, tmp_path)
        _end_claims(watch)
    judged = _judged(watch)
    assert 0 < judged < RULES
    assert (await watch.evaluate()).judged == RULES - judged
    told = Counter(data["ruleId"] for kind, data in watch.events() if kind == "alert.triggered")
    assert told == Counter(rules)
    alerts = await watch.alerts("triggered", page_size=100)
    assert sorted(one.rule_id for one in alerts) == rules
    for one in alerts:
        assert await watch.history(one) == ["pending", "triggered", "notified"]


async def _judged_by_who_is_killed(watch: Watch, place: str, keys: Path, logs: Path) -> None:
    told = (("SHADOWER_FAILPOINTS", f"{place}=kill@2"),)
    service = run("alerts", Environment(watch.stack.database_url, keys, logs, told))
    try:
        await ready(service)
        request = EvaluateRulesRequest(workspace_id=watch.client.workspace)
        async with service.channel() as channel:
            with pytest.raises(grpc.aio.AioRpcError):
                await AlertsServiceStub(channel).EvaluateRules(request, metadata=watch.metadata)
        assert service.process.wait(10) == -signal.SIGKILL
    finally:
        stop_all([service] if service.process.poll() is None else [])


def _end_claims(watch: Watch) -> None:
    """A minute later."""
    with psycopg.connect(watch.stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.alert_rules set claimed_until = '-infinity' where workspace_id = %s",
            (watch.client.workspace,),
        )


def _judged(watch: Watch) -> int:
    with psycopg.connect(watch.stack.database_url) as connection:
        [(count,)] = connection.execute(
            "select count(*) from shadower.alert_rules"
            " where workspace_id = %s and judged_until > judged_from",
            (watch.client.workspace,),
        ).fetchall()
    return int(count)
