"""Services with telemetry and the same without, over one database."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cli.home import Home
from cli.stack.launcher import python_command
from cli.stack.parts import Part
from cli.stack.postgres import EmbeddedPostgres
from cli.stack.readiness import grpc_service
from cli.stack.services import replicas_of, service_parts
from cli.tokens.keys import ensured_key, ensured_mesh_key
from cli.tokens.signing import Grant, Issuer, signed

NAMES = ("metrics", "ingest")
WORKSPACE = "bench"
READY_SECONDS = 240
OFF = {"OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}


@dataclass(frozen=True)
class Running:
    """Where a process listens, and what it takes."""

    address: str
    process: psutil.Process

    def busy_seconds(self) -> float:
        """Of a processor, since it began."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Pair:
    """Where services listen by their names, without telemetry and with it."""

    off: Mapping[str, Running]
    on: Mapping[str, Running]
    token: str


async def open_pair(opened: AsyncExitStack, folder: Path, receiver: str) -> Pair:
    home = Home.at(folder)
    token = _token(home)
    database_url = await _opened_database(opened, home)
    parts = service_parts(home, database_url, "development", replicas_of(()))
    told = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver,
        "OTEL_TRACES_SAMPLER": "always_on",
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": receiver,
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",
    }
    wanted = [part for part in parts if part.name in NAMES]
    off = [_other(part, "off", OFF) for part in wanted]
    on = [_other(part, "on", told) for part in wanted]
    without, with_it = (
        {part.name: _run(opened, home, part) for part in side} for side in (off, on)
    )
    await _until_ready((*off, *on))
    return Pair(without, with_it, token)


def _run(opened: AsyncExitStack, home: Home, part: Part) -> Running:
    """With its log in a file, as operators have it."""
    log = opened.enter_context((home.path / f"{Path(part.address).stem}.log").open("wb"))
    process = subprocess.Popen(part.command, env=part.environment, stdout=log, stderr=log)
    opened.callback(process.wait, 20)
    opened.callback(process.terminate)
    return Running(part.address, psutil.Process(process.pid))


def _token(home: Home) -> str:
    key = ensured_key(home)
    ensured_mesh_key(home)
    return signed(Grant((WORKSPACE,)), key, Issuer.of_environment(), datetime.now(UTC))


async def _opened_database(opened: AsyncExitStack, home: Home) -> str:
    postgres = EmbeddedPostgres(home)
    await postgres.start()
    opened.push_async_callback(postgres.stop)
    environment = {**os.environ, "DATABASE_URL": postgres.url}
    migrating = await asyncio.create_subprocess_exec(*python_command("migrate"), env=environment)
    if await migrating.wait():
        sys.exit("the database cannot be migrated")
    return postgres.url


def _other(part: Part, kind: str, told: Mapping[str, str]) -> Part:
    address = part.address.replace(".sock", f"-{kind}.sock")
    environment = {**part.environment, **told, "SHADOWER_LISTEN": address}
    ready = grpc_service(address, part.service)
    return replace(part, environment=environment, address=address, is_ready=ready)


async def _until_ready(parts: tuple[Part, ...]) -> None:
    async with asyncio.timeout(READY_SECONDS):
        for part in parts:
            while not await part.is_ready():  # noqa: ASYNC110 - nobody wakes us
                await asyncio.sleep(0.1)
