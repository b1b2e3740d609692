"""Clocks an hour off, of services and of PostgreSQL: who is let in, and what is counted afterwards.

    python -m tests.operations.clocks

With libfaketime (Debian: faketime). Takes two minutes.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import psycopg
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest, RecordExecutionsRequest

from services.warehouse.migrate import migrate
from tests.operations.ground import (
    NOW,
    Ground,
    Load,
    check,
    ground,
    load_on,
    new_server,
    say,
    until_ready,
)
from tests.support.errors import refusal
from tests.support.runs import execution, interval, run

HOUR = 3600
LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"
NAMES = ("ingest", "metrics")
NEAR = timedelta(minutes=2)
AROUND = timedelta(hours=3)
TAKEN = "taken"


@dataclass(frozen=True)
class Token:
    """One of an issuer whose clock is right, by when it was issued and how long it lives."""

    what: str
    issued: int
    life: int
    ahead: str
    """What a service says of it whose clock is an hour ahead; "" if it lets it in."""
    behind: str


TOKENS = (
    Token("fresh, for two hours", 0, 2 * HOUR, "", "TOKEN_INVALID"),
    Token("fresh, for half an hour", 0, HOUR // 2, "TOKEN_EXPIRED", "TOKEN_INVALID"),
    Token("of two hours ago, for three", -2 * HOUR, 3 * HOUR, "TOKEN_EXPIRED", ""),
    Token("of two hours ago, expired", -2 * HOUR, HOUR + HOUR // 2, "TOKEN_EXPIRED", ""),
)


def faked(offset: str) -> dict[str, str]:
    """Clocks that run, at an offset; how long something takes stays as it is."""
    found = os.environ.get("LIBFAKETIME") or next(
        (str(one) for one in sorted(Path("/").glob(LIBRARIES.removeprefix("/")))), ""
    )
    if not found:
        sys.exit("libfaketime is not there: install it, or name it by LIBFAKETIME")
    return {
        "LD_PRELOAD": found,
        "FAKETIME": offset,
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def told(variables: dict[str, str]) -> Iterator[None]:
    """To processes that are begun within."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]


async def opened(made: Ground, url: str, offset: str = "") -> Load:
    environment = made.environment(url, **(faked(offset) if offset else {}))
    services = [made.start(name, environment) for name in NAMES]
    await until_ready(*services)
    return load_on(made, services[:1], services[1:])


async def closed(made: Ground) -> None:
    for service in list(made.running):
        await made.stop(service)


async def said_of(load: Load, token: Token) -> str:
    """The reason for which it is refused."""
    issued = int(time.time()) + token.issued
    claims = {"iat": issued, "exp": issued + token.life}
    metadata = load.ground.keys.metadata(load.workspace, **claims)
    request = ReconcileRequest(workspace_id=load.workspace)
    try:
        await load.ingest.call("Reconcile", request, metadata)
    except grpc.aio.AioRpcError as error:
        return refusal(error).reason
    return ""


async def recorded_now(load: Load) -> str:
    """What comes of a run that begins now, by the right clock, with a token that is let in."""
    for token in TOKENS:
        if await said_of(load, token):
            continue
        issued = int(time.time()) + token.issued
        claims = {"iat": issued, "exp": issued + token.life}
        metadata = load.ground.keys.metadata(load.workspace, **claims)
        one = execution(run(f"now-{load.sent}", datetime.now(UTC)))
        request = RecordExecutionsRequest(workspace_id=load.workspace, executions=[one])
        try:
            answer = await load.ingest.call("RecordExecutions", request, metadata)
        except grpc.aio.AioRpcError as error:
            return f"{refusal(error).reason} {refusal(error).message}"
        return TAKEN if answer.counts.stored == 1 else f"not stored: {answer}"
    return "nobody is let in"


async def services_are_off(made: Ground, url: str) -> None:
    for offset, name in (("+1h", "ahead"), ("-1h", "behind")):
        say(f"--- services an hour {name}")
        load = await opened(made, url, offset)
        for token in TOKENS:
            expected, found = getattr(token, name), await said_of(load, token)
            check(found == expected, f"a token {token.what}: {found or 'let in'}")
        came = await recorded_now(load)
        check(came == TAKEN, f"a run of now: {came}")
        if name == "ahead":
            await is_written_and_exact(load)
        await closed(made)


async def is_written_and_exact(load: Load) -> None:
    """By whom the clock is ahead; its times are PostgreSQL's."""
    keys = load.ground.keys
    issued = int(time.time())
    metadata = keys.metadata(load.workspace, iat=issued, exp=issued + 2 * HOUR)
    request = ReconcileRequest(workspace_id=load.workspace, recount=True)
    answer = await load.ingest.call("Reconcile", request, metadata)
    apart = abs(answer.as_of.ToDatetime(UTC) - datetime.now(UTC))
    check(apart < NEAR, f"as_of is by PostgreSQL's clock: {apart.total_seconds():.1f} s from now")
    stored = sum(entry.stored for entry in answer.entries)
    is_right = answer.balanced and stored > 0
    check(is_right, f"the ledger agrees with the facts: {stored} stored")


async def database_is_off(made: Ground, folder: Path, offset: str) -> None:
    say(f"--- PostgreSQL at {offset}")
    server = new_server(folder)
    with told(faked(offset)):
        server.start()
    try:
        url = server.get_uri()
        apart = await clock_of(url)
        say(f"its clock is {apart.total_seconds():+.0f} s from ours")
        check(abs(abs(apart.total_seconds()) - HOUR) < HOUR / 60, "it is an hour off")
        await asyncio.to_thread(migrate, url)
        load = await opened(made, url)
        await load.write(10)
        await is_counted(load)
        usual = await load.ingest.call(
            "Reconcile", ReconcileRequest(workspace_id=load.workspace), load.metadata
        )
        found = sum(entry.stored for entry in usual.entries)
        check(found == load.sent, "hours of the ledger are PostgreSQL's, also where none are named")
        server.stop()
        server.start()
        apart = await clock_of(url)
        say(f"its clock is set: {apart.total_seconds():+.1f} s from ours")
        check(abs(apart) < NEAR, "it is right again")
        await until_ready(*made.running)
        await load.write(10)
        await is_counted(load)
        await closed(made)
    finally:
        server.cleanup()


async def is_counted(load: Load) -> None:
    check(load.acknowledged == load.sent, f"{load.acknowledged} acknowledged")
    check(await load.count() == load.sent, "each counts exactly once")
    around = interval(NOW - AROUND, NOW + AROUND)
    request = ReconcileRequest(workspace_id=load.workspace, recount=True, interval=around)
    answer = await load.ingest.call("Reconcile", request, load.metadata)
    stored = sum(entry.stored for entry in answer.entries)
    is_right = answer.balanced and stored == load.sent
    check(is_right, f"the ledger agrees with the facts: {stored} stored")


async def clock_of(url: str) -> timedelta:
    with psycopg.connect(url) as connection:
        row: Any = connection.execute("select clock_timestamp()").fetchone()
    apart: timedelta = row[0] - datetime.now(UTC)
    return apart


async def trial(made: Ground, url: str) -> None:
    await services_are_off(made, url)
    for name, offset in (("ahead", "+1h"), ("behind", "-1h")):
        data = made.folder / name
        data.mkdir()
        await database_is_off(made, data, offset)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="clocks-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        server = new_server(data)
        server.start()
        try:
            migrate(server.get_uri())
            asyncio.run(trial(made, server.get_uri()))
        finally:
            server.cleanup()
    say("done")


if __name__ == "__main__":
    main()
