"""What stands around the chains: the handlers behind, the limiter beside, and tokens."""

import asyncio
import os
import ssl
import subprocess
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryRequest

from bench import bare, runs, telling
from bench.calling import open_method, run_beside
from bench.edge.chains import port_of
from bench.edge.client import METHOD, UnexpectedAnswerError, connected
from bench.raising import raise_limits
from bench.stack import Stack
from cli.edge.model import Certificate, EdgeModel, Issuer, Upstream
from cli.edge.program import command
from cli.home import Home
from cli.stack.edge_part import MESH_ISSUER
from cli.tokens import signing
from cli.tokens.keys import jwks_file, mesh_jwks_file
from tools.certificates import Authority

WORKSPACE = "bench"
EXECUTIONS = 10_000
READY_SECONDS = 30
WORKSPACES = "shadower.workspaces.v1.WorkspacesService"
LIMITS = "shadower.limits.v1.LimitsService"
ACCESS = "shadower.access.v1.AccessService"


@dataclass(frozen=True)
class Edge:
    """A running Envoy."""

    pid: int
    port: int
    tls: ssl.SSLContext | None


@dataclass
class Room:
    """Shared by all chains, and made by `opened_room`."""

    stack: Stack
    folder: Path
    token: str = ""
    request: bytes = b""
    handlers: list[int] = field(default_factory=list)
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _certificate: Certificate | None = None
    _end: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def processes(self) -> dict[str, list[int]]:
        """Those beside an Envoy that a request may cost something, by their ids."""
        return {
            "client": [os.getpid()],
            "handler": self.handlers,
            "limiter": [self.stack.pid_of("limits")],
            "valkey": [self.stack.pid_of("valkey")],
        }

    @property
    def handler(self) -> str:
        return f"unix:{self.folder / 'handler.sock'}"

    @property
    def bare(self) -> str:
        """Where the handler is that tells nothing but its answer."""
        return f"unix:{self.folder / 'bare.sock'}"

    @property
    def summary_path(self) -> str:
        start, end = (f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in self._interval())
        query = f"interval.startTime={start}&interval.endTime={end}"
        return f"/v1/workspaces/{WORKSPACE}/summary?{query}"

    @property
    def model(self) -> EdgeModel:
        home, issuer = Home.at(self.stack.home), signing.Issuer.of_environment()
        return EdgeModel(
            upstreams=(
                Upstream(WORKSPACES, (self.handler,)),
                Upstream(LIMITS, (self.stack.address_of("limits"),)),
                Upstream(ACCESS, (self.stack.address_of("access"),)),
            ),
            issuers=(
                Issuer(issuer.name, issuer.audience, jwks_file(home)),
                Issuer(MESH_ISSUER, issuer.audience, mesh_jwks_file(home)),
            ),
            descriptor=self.folder / "contract.pb",
            certificate=self._certificate,
        )

    async def start_edge(self, opened: AsyncExitStack, config: Path) -> Edge:
        pid = _envoy(opened, config, self.stack.home / f"{config.stem}.log")
        port, is_encrypted = port_of(config)
        await _until_listening(port)
        return Edge(pid, port, self.tls if is_encrypted else None)

    def trust(self, authority: Authority) -> None:
        self.tls = ssl.create_default_context(cafile=str(authority.write(self.folder)))
        self._certificate = Certificate(*authority.issue(self.folder))

    async def remember_answer(self, opened: AsyncExitStack) -> None:
        """One summary's bytes become all that the handler ever says."""
        self.token = self.stack.token(WORKSPACE)
        made = runs.generated_runs(EXECUTIONS, self._end)
        await runs.load(self.stack.address_of("ingest"), self.token, WORKSPACE, made)
        start, end = self._interval()
        asked = GetWorkspaceSummaryRequest(workspace_id=WORKSPACE)
        asked.interval.start_time.FromDatetime(start)
        asked.interval.end_time.FromDatetime(end)
        self.request = asked.SerializeToString()
        ask = await open_method(opened, self.stack.address_of("workspaces"), METHOD, self.token)
        (self.folder / "reply").write_bytes(await ask(self.request))

    async def start_handlers(self, opened: AsyncExitStack) -> None:
        reply = str(self.folder / "reply")
        for address, arguments in {
            self.handler: telling.start_arguments(reply, self.handler, METHOD, WORKSPACE),
            self.bare: bare.start_arguments(reply, self.bare, METHOD),
        }.items():
            self.handlers.append(run_beside(opened, arguments))
            async with grpc.aio.insecure_channel(address) as channel:
                await asyncio.wait_for(channel.channel_ready(), READY_SECONDS)

    def _interval(self) -> tuple[datetime, datetime]:
        end = self._end.replace(microsecond=0)
        return end - timedelta(days=runs.DAYS), end


def _envoy(opened: AsyncExitStack, config: Path, log: Path) -> int:
    """With the access log of production, which nobody reads."""
    with log.open("wb") as errors:
        process = subprocess.Popen(command(config), stdout=subprocess.DEVNULL, stderr=errors)
    opened.callback(process.wait, 20)
    opened.callback(process.terminate)
    return process.pid


async def opened_room(room: Room, opened: AsyncExitStack) -> None:
    room.trust(Authority())
    await room.remember_answer(opened)
    await room.start_handlers(opened)
    await raise_limits(room.stack, [WORKSPACE])


async def _until_listening(port: int) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            try:
                (await connected(port, None)).close()
            except (OSError, UnexpectedAnswerError):
                await asyncio.sleep(0.05)
            else:
                return
