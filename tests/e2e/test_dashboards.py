"""Dashboards, rules and the list of metrics name what processes really export, and nothing else."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
import yaml

from gateway.web.measuring import Measured
from scheduler.jobs import JOBS
from scheduler.leading import Leading
from scheduler.running import runs_of
from scheduler.schedule import Schedule
from scheduler.watching import Watching
from services.ingest.writer.looks import Looks
from services.ingest.writer.watch import Watch
from services.notifications.instruments import Instruments as Notices
from services.notifications.outcome import Outcome, Verdict
from services.runtime.bus.attempts import USUAL_BACKOFF, lasting_failure
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE, DeadLetter, Source
from services.runtime.bus.event import BusEvent
from services.runtime.cache.instruments import observe_cache
from services.runtime.cache.opening import open_cache
from services.runtime.kafka_sender import KafkaSender
from services.runtime.pool import open_pool
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import Instruments, measuring
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Database
from services.warehouse.facts.revisions import Revisions
from services.warehouse.replica import Mark, Replica
from tests.e2e.conftest import WholeWay
from tests.support.ports import free_port
from tests.support.runs import Client
from tests.support.scraping import (
    OF_PROMETHEUS,
    OF_TARGETS,
    TAKEN,
    Family,
    asked,
    grouped,
    scraped,
    series,
    together,
)
from tests.support.stack import ROOT, Stack
from tests.support.waiting import until
from tools.certificates import Authority

OBSERVABILITY = ROOT / "observability"
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
# All that tells series apart. None of them is a tenant's, so none grows with tenants.
CLOSED = {
    "class",
    "cpu_mode",
    "db_client_connection_pool_name",
    "db_client_connection_state",
    "dependency",
    "event_type",
    "failure",
    "http_request_method",
    "http_response_status_code",
    "http_route",
    "kind",
    "level",
    "messaging_consumer_group_name",
    "messaging_destination_name",
    "outcome",
    "python",
    "reason",
    "rpc_kind",
    "rpc_method",
    "rpc_response_status_code",
    "rpc_system_name",
    "shadower_job_name",
    "source",
    "version",
}


@pytest.fixture(scope="module")
async def exported(
    whole_way: WholeWay, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Family], dict[str, Family], str]:
    """By our processes, and by the edge; and a workspace that was asked about."""
    client = Client.of_new_workspace(stack.stubs, whole_way.keys)
    await client.metrics(metrics=["executions"])
    await until(lambda: _asked(whole_way, client.workspace))
    folder = tmp_path_factory.mktemp("rare")
    rare = await _rare(stack.database_url, client.workspace, folder)
    ports = [one.metrics_port for one in stack.running.values()]
    ours = [await scraped(f"http://127.0.0.1:{port}/metrics") for port in ports]
    edge = await scraped(f"http://127.0.0.1:{whole_way.admin_port}/stats/prometheus")
    return together([*ours, rare]), edge, client.workspace


async def _asked(way: WholeWay, workspace: str) -> bool:
    """By the edge, which has the limiters asked; not before it knows that they are there."""
    summary = f"/v1/workspaces/{workspace}/summary"
    return (await way.http.get(summary, headers=way.bearer(workspace))).status_code == 200


async def _rare(url: str, workspace: str, folder: Path) -> dict[str, Family]:
    """What processes export only with Kafka or certificates, or when something has happened."""
    port = free_port()
    settings = _settings(url, port, folder)
    with measuring(settings, "rare") as opened:
        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(open_pool(settings))
            database = Database(pool)
            await _wait_in_vain(stack, pool)
            await bury_alone(
                database, DeadLetter(workspace, Source.BUS, "HANDLER_FAILED", "", b"", 1)
            )
            async with database.writing(workspace) as session:
                await publish(session, Published("workspace.updated"))
            Watch(settings, database, Looks(), dict)
            _come_behind(Replica(pool, pool))
            _send(KafkaSender(settings))
            await _run_and_handle(opened, workspace)
            await _succeed(url, database)
            await _browse(opened)
            cache = open_cache(settings, Revisions(database), b"edition")
            observe_cache(await stack.enter_async_context(cache), opened)
            return await scraped(f"http://127.0.0.1:{port}/metrics")


def _settings(url: str, port: int, folder: Path) -> Settings:
    authority = Authority()
    trusted, (chain, key) = authority.write(folder), authority.issue(folder)
    given: Any = {
        "DATABASE_URL": url,
        "OTEL_EXPORTER_PROMETHEUS_PORT": port,
        "KAFKA_BROKERS": "127.0.0.1:1",
        "REDIS_URL": "unix:///nowhere",
        "jwks_file": folder / "none",
        "tls_certificate_file": chain,
        "tls_key_file": key,
        "tls_authority_file": trusted,
        "pool_size": 2,
    }
    return Settings(**given)


async def _wait_in_vain(stack: AsyncExitStack, pool: Any) -> None:
    async with pool.acquire(), pool.acquire():
        with pytest.raises(TimeoutError):
            await pool.acquire(timeout=0.01)


def _come_behind(replica: Any) -> None:
    replica._marks.add(Mark(place=1, time=datetime.now(UTC), moment=monotonic()))
    replica._age = replica._marks.age(0, monotonic())


def _send(sender: Any) -> None:
    sent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sent.set_result(None)
    sender._count("shadower.log", perf_counter(), sent)


async def _run_and_handle(opened: Instruments, workspace: str) -> None:
    async def handle(_: BusEvent) -> None: ...

    event = BusEvent(uuid4(), "workspace.updated", workspace, datetime.now(UTC), {})
    await lasting_failure(handle, event, "notifications", USUAL_BACKOFF)
    Notices(opened.meter).note("webhook", datetime.now(UTC), Outcome(Verdict.DELIVERED))
    runs_of(opened).note(("evaluate_alerts", "succeeded"), 1)


async def _browse(opened: Instruments) -> None:
    """As the process for browsers is asked."""

    async def served(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(Measured(served, opened))
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as http:
        for path in ("/graphql", "/made-up"):
            await http.request("PURGE", path)


async def _succeed(url: str, database: Database) -> None:
    """A job, of which the ledger tells."""
    run = """
        insert into shadower.job_runs
            (workspace_id, job, planned_at, reason, started_at, ended_at, outcome, attempts)
        values (%s, 'roll_up_weeks', now(), 'schedule', now(), now(), 'succeeded', 1)
        on conflict do nothing
    """
    with psycopg.connect(url) as connection:
        connection.execute(run, [SYSTEM_WORKSPACE])
    leading: Any = Leading(None, None, [])  # type: ignore[arg-type] # It does not lead.
    await Watching(Schedule(database, SYSTEM_WORKSPACE, JOBS), leading).look()


def queries() -> Iterator[tuple[str, str]]:
    for file in sorted((OBSERVABILITY / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", target["expr"]
    for file in sorted((OBSERVABILITY / "rules").glob("*.yaml")):
        for group in yaml.safe_load(file.read_text())["groups"]:
            for rule in group["rules"]:
                yield f"{file.name}: {rule.get('alert') or rule['record']}", rule["expr"]


def recorded() -> dict[str, set[str]]:
    rules = yaml.safe_load((OBSERVABILITY / "rules" / "recording.yaml").read_text())
    names: dict[str, set[str]] = {}
    for group in rules["groups"]:
        for rule in group["rules"]:
            labels = grouped(rule["expr"]) | set(rule.get("labels", ()))
            names.setdefault(rule["record"], set()).update(labels)
    return names


async def test_every_query_names_what_is_exported(
    exported: tuple[dict[str, Family], dict[str, Family], str],
) -> None:
    ours, edge, _ = exported
    known = series(ours) | series(edge) | recorded()
    known |= {name: set() for name in OF_PROMETHEUS}
    checked = 0
    for where, query in queries():
        found = list(asked(query))
        assert found, where
        available = set(OF_TARGETS)
        for name, labels in found:
            assert name in known, f"{where}: nobody exports {name}"
            assert labels <= known[name] | OF_TARGETS, f"{where}: {name} has no {labels}"
            available |= known[name]
        assert grouped(query) <= available, where
        checked += len(found)
    assert checked > 150


async def test_no_label_is_a_tenants(
    exported: tuple[dict[str, Family], dict[str, Family], str],
) -> None:
    ours, edge, workspace = exported
    mine = {name: one for name, one in ours.items() if name != "target_info"}
    assert {label for one in mine.values() for label in one.labels} == CLOSED
    seen = mine["http_server_request_duration_seconds"].values
    assert seen == {"_OTHER", "/graphql", "200"}
    values = {value for one in (ours | edge).values() for value in one.values}
    assert not {value for value in values if workspace in value}


async def test_no_label_is_one_that_prometheus_gives(
    exported: tuple[dict[str, Family], dict[str, Family], str],
) -> None:
    ours, edge, _ = exported
    for name, one in (ours | edge).items():
        assert not one.labels & {*TAKEN, "shadower_process"}, name


async def test_the_list_of_metrics_is_whole(
    exported: tuple[dict[str, Family], dict[str, Family], str],
) -> None:
    ours, _, _ = exported
    listed = ROW.findall((ROOT / "docs" / "operations" / "metrics.md").read_text())
    told = {name: (kind, labels, meaning) for name, kind, labels, meaning in listed}
    assert len(told) == len(listed)
    assert told == {
        name: (one.kind, ", ".join(f"`{label}`" for label in sorted(one.labels)), one.meaning)
        for name, one in ours.items()
        if name != "target_info"
    }
