"""Services are looked at, and how long they were up is what was seen, second by second."""

import signal
from datetime import timedelta
from pathlib import Path
from random import Random

from shadower.upkeep.v1 import health_service_pb2 as pb

from services.upkeep.looking import Looker, looks_of
from services.upkeep.settings import UpkeepSettings
from services.warehouse.health.checks import (
    SPANS_OF_DAYS,
    TOLD_FOR,
    Check,
    fetch_known,
    list_checks,
    note_checks,
)
from services.warehouse.schema import schema_version
from tests.support.keys import KeyRing
from tests.support.stack import SERVICES, Environment, Stack, ready, start, stop
from tests.support.upkeep import House

SYSTEM = "shadower-system"
MINUTE = timedelta(minutes=1)


async def test_a_service_that_was_stopped_is_seen(
    house: House, jwks_file: Path, tmp_path: Path
) -> None:
    running = start("workspaces", Environment(house.url, jwks_file, tmp_path))
    name = SERVICES["workspaces"]
    named = f"{name}@{running.address},{name}@127.0.0.1:1,of.Nobody@{running.address}"
    settings = UpkeepSettings(
        DATABASE_URL=house.url,
        REDIS_URL="unix:///nowhere",
        jwks_file=jwks_file,
        checked_services=named,
    )
    looks = looks_of(settings, house.database, schema_version(), None)
    looker = Looker(looks, 1)
    try:
        await ready(running)
        seen = {one.service: one for one in await looker.look()}
        assert set(seen) == {name, "of.Nobody", "postgresql"}
        assert (seen[name].state, seen["postgresql"].state) == ("serving", "serving")
        assert seen[name].reason == "127.0.0.1:1: UNAVAILABLE"
        assert seen["of.Nobody"].state == "not_serving"
        assert 0 < seen[name].latency_us < 1_000_000
        running.process.send_signal(signal.SIGSTOP)
        [stopped] = [one for one in await looker.look() if one.service == name]
        assert (stopped.state, "no answer" in stopped.reason) == ("unreachable", True)
    finally:
        running.process.send_signal(signal.SIGCONT)
        stop(running)
    [gone] = [one for one in await looker.look() if one.service == name]
    assert gone.state == "unreachable"
    assert "UNAVAILABLE" in gone.reason


async def test_uptime_is_what_an_oracle_counts(house: House) -> None:
    random = Random(2)
    async with house.database.reading(SYSTEM) as session:
        now = session.as_of
    for_service = {
        "a": [n * 5 * MINUTE for n in range(600)],
        "b": sorted(random.random() * timedelta(days=40) for _ in range(500)),
        "c": [timedelta(days=100)],
    }
    checks = [
        Check(name, now - ago, random.choice(["serving", "not_serving", "unreachable"]), 1)
        for name, times in for_service.items()
        for ago in times
    ]
    async with house.database.writing(SYSTEM) as session:
        await note_checks(session, checks)
    async with house.database.reading(SYSTEM) as session:
        known = await fetch_known(session)
        page = await list_checks(session, "a", 3, now - 12 * MINUTE)
    assert [one.checked_at for one in page] == [now - n * 5 * MINUTE for n in (3, 4, 5)]
    # Of 100 days ago, nobody tells any more.
    assert [one.last.service for one in known] == ["a", "b"]
    for one in known:
        own = sorted(
            (c for c in checks if c.service == one.last.service), key=lambda c: c.checked_at
        )
        assert one.last == own[-1]
        for times, days in zip(one.times, SPANS_OF_DAYS, strict=True):
            serving, told = oracle(own, session.as_of, days)
            assert (times.serving, times.known) == (serving, told)
            assert times.unknown == timedelta(days=days) - told


def oracle(checks: list[Check], now, days: int) -> tuple[timedelta, timedelta]:  # type: ignore[no-untyped-def]
    """Each look tells of the time until the next, or of ten minutes."""
    begin, serving, told = now - timedelta(days=days), timedelta(), timedelta()
    for number, check in enumerate(checks):
        until = min(check.checked_at + TOLD_FOR, now)
        if number + 1 < len(checks):
            until = min(until, checks[number + 1].checked_at)
        length = max(until - max(check.checked_at, begin), timedelta())
        told += length
        serving += length if check.state == "serving" else timedelta()
    return serving, told


async def test_reasons_are_told_to_operators_only(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    stub, may = stack.stubs.health, ["health:read", "health_checks:write"]
    system = keys.metadata(SYSTEM, role=None, permissions=may)
    done = await stub.CheckServices(pb.CheckServicesRequest(workspace_id=SYSTEM), metadata=system)
    assert [one.service for one in done.checks] == ["postgresql"]
    whole = await stub.GetHealth(pb.GetHealthRequest(workspace_id=SYSTEM), metadata=system)
    assert whole.serving
    # The only workspace of a token need not be named.
    own = keys.metadata(workspace, role="admin")
    told = await stub.GetHealth(pb.GetHealthRequest(), metadata=own)
    assert [one.service for one in told.services] == [one.service for one in whole.services]
    assert [one.days for one in told.services[0].uptimes] == list(SPANS_OF_DAYS)
