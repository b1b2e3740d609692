"""The process for browsers before the real services, and clients of it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from jsonschema_rs import validator_for
from websockets.asyncio.client import ClientConnection, connect

from tests.support.keys import KeyRing
from tests.support.ports import free_port
from tests.support.stack import ROOT, Stack, mesh

READY_SECONDS = 240
PATIENCE = 10
LIVE = "shadower.live.v1"
GRAPHQL = "graphql-transport-ws"
PROTOCOL = json.loads((ROOT / "docs" / "websocket.schema.json").read_text())
SERVER = validator_for(PROTOCOL | {"oneOf": [{"$ref": "#/$defs/fromServer"}]})
CLIENT = validator_for(PROTOCOL | {"oneOf": [{"$ref": "#/$defs/fromClient"}]})


@dataclass(frozen=True)
class Web:
    """The process and where it listens."""

    address: str
    process: "subprocess.Popen[bytes]"
    http: httpx.AsyncClient
    keys: KeyRing
    log: Path

    @asynccontextmanager
    async def socket(
        self, path: str = "/v1/live", *, protocol: str | None = LIVE, **more: Any
    ) -> AsyncIterator["Socket"]:
        subprotocols: Any = [protocol] if protocol else None
        uri = f"ws://{self.address}{path}"
        async with connect(
            uri, subprotocols=subprotocols, proxy=None, close_timeout=1, **more
        ) as connection:
            yield Socket(connection)

    @asynccontextmanager
    async def live(self, token: str, **more: Any) -> AsyncIterator["Socket"]:
        """A connection whose owner is known."""
        async with self.socket(**more) as socket:
            await socket.say("connection_init", token=token)
            assert (await socket.hear())["type"] == "connection_ack"
            yield socket

    async def ask(self, token: str | None, query: str, **variables: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=content, headers=headers)


@dataclass
class Socket:
    """A client's end of a WebSocket."""

    connection: ClientConnection
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, kind: str, **content: Any) -> None:
        """Also what is not of the protocol, to see what comes of it."""
        await self.connection.send(json.dumps({"type": kind, **content}))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(
            await asyncio.wait_for(self.connection.recv(), PATIENCE)
        )
        self.heard.append(message)
        if self.connection.subprotocol == LIVE:
            SERVER.validate(message)
        return message

    async def hear_of(self, kind: str) -> dict[str, Any]:
        """The next message of that type; others are passed over."""
        while (message := await self.hear())["type"] != kind:
            pass
        return message

    async def ended(self) -> tuple[int | None, str]:
        """How the connection ends, and what was said before."""
        with suppress(Exception):
            while True:
                await self.hear()
        await asyncio.wait_for(self.connection.wait_closed(), PATIENCE)
        return self.connection.close_code, self.connection.close_reason or ""


def mesh_of(stack: Stack) -> str:
    """Where each service is."""
    return mesh(stack.running)


@asynccontextmanager
async def running_web(
    mesh: str, keys: KeyRing, jwks_file: Path, logs: Path, **told: Any
) -> AsyncIterator[Web]:
    address = f"127.0.0.1:{free_port()}"
    log = logs / f"web-{address.rpartition(':')[2]}.log"
    process = start_web(_environment(address, mesh, jwks_file, told), log)
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", timeout=30) as http:
            web = Web(address, process, http, keys, log)
            await _ready(web)
            yield web
    finally:
        process.terminate()
        process.wait(60)


def start_web(environment: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "gateway.web"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def _environment(
    address: str, mesh: str, jwks_file: Path, told: Mapping[str, Any]
) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_URL"},
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'gen'}",
        "SHADOWER_LISTEN": address,
        "SHADOWER_MESH": mesh,
        "SHADOWER_JWKS_FILE": str(jwks_file),
        "SHADOWER_ENVIRONMENT": "production",
        "SHADOWER_PLAINTEXT": "true",
        "SHADOWER_NOTICE_SECONDS": "0",
        **{f"SHADOWER_{name.upper()}": str(value) for name, value in told.items()},
    }


async def _ready(web: Web) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while True:
            assert web.process.poll() is None, web.log.read_text()
            with suppress(httpx.TransportError):
                if (await web.http.get("/health")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
