"""Every key is replaced while reads and writes flow through the edge: not one request may fail.

    python -m tests.operations.rotation

Keys of tokens, of the mesh's own tokens, the edge's own certificate, certificates of the mesh, and
who vouches for each of these. What it does is what docs/operations/keys.md says. Takes two minutes.
"""

import asyncio
import json
import ssl
import tempfile
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx

from services.runtime.background import in_background
from services.runtime.certificate import Certificate
from services.runtime.channels import open_channel
from services.warehouse.migrate import migrate
from tests.operations.ground import Ground, check, ground, load_on, new_server, say
from tests.operations.rotation_callers import Callers, kinds_of, raise_limits, reading
from tests.operations.rotation_files import (
    FLOW_SECONDS,
    Files,
    authority_changes,
    certificates_change,
    publish,
)
from tests.support.edge_command import Ports, edge_process
from tests.support.keys import KeyRing
from tests.support.stack import Environment, Running
from tools.certificates import SERVER_NAME

SERVICES = ("ingest", "metrics", "access", "limits")
JWKS_SECONDS = 2
# Until who reads a key set again has done so; the edge looks each second.
READ_SECONDS = JWKS_SECONDS + 2
START_SECONDS = 90


async def tokens_change(callers: Callers, path: Path, *, of_mesh: bool) -> None:
    old = callers.mesh_keys if of_mesh else callers.keys
    new = KeyRing(f"{old.kid}-2")
    publish(path, old, new)
    await asyncio.sleep(READ_SECONDS)
    if of_mesh:
        callers.mesh_keys = new
    else:
        callers.keys = callers.load.ground.keys = new
    await asyncio.sleep(FLOW_SECONDS)
    publish(path, new)
    await asyncio.sleep(READ_SECONDS)


async def old_is_refused(callers: Callers, old: KeyRing) -> None:
    """By the edge, before any service hears of it."""
    context = ssl.create_default_context(cafile=str(callers.public.trusted))
    url = f"https://localhost:{callers.edge.rpartition(':')[2]}"
    path = f"/v1/workspaces/{callers.load.workspace}/metrics?metrics=executions"
    bearer = {"authorization": f"Bearer {old.token(callers.load.workspace)}"}
    async with httpx.AsyncClient(verify=context, trust_env=False) as client:
        reply = await client.get(f"{url}{path}", headers=bearer)
    check(reply.status_code == httpx.codes.UNAUTHORIZED, "a token by the old key is refused")


async def stranger_is_refused(callers: Callers, old: Certificate) -> None:
    async with open_channel(
        callers.mesh, lambda: callers.bearer, certificate=old, seconds=3
    ) as channel:
        try:
            await reading(callers, channel, with_token=False)()
            code = grpc.StatusCode.OK
        except grpc.aio.AioRpcError as refused:
            code = refused.code()
    check(code is grpc.StatusCode.UNAVAILABLE, "who shows the old authority's is refused")


async def all_change(callers: Callers, folder: Path) -> None:
    """One kind of key after the other."""
    old = callers.keys
    await stage(
        callers, "keys of tokens", tokens_change(callers, folder / "jwks.json", of_mesh=False)
    )
    await old_is_refused(callers, old)
    mesh_jwks = folder / "mesh-jwks.json"
    await stage(callers, "the mesh's own keys", tokens_change(callers, mesh_jwks, of_mesh=True))
    for name, files in (("the edge", callers.public), ("the mesh", callers.files)):
        await stage(callers, f"certificates of {name}", certificates_change(files))
    kept = Files(folder / "kept")
    for before, copy in (
        (callers.files.chain, kept.chain),
        (callers.files.key, kept.key),
        (callers.files.trusted, kept.trusted),
    ):
        copy.write_bytes(before.read_bytes())
    await stage(callers, "the mesh's authority", authority_changes(callers.files))
    trusting = Certificate(kept.chain, kept.key, callers.files.trusted, SERVER_NAME)
    await stranger_is_refused(callers, trusting)


async def stage(callers: Callers, what: str, change: Awaitable[None]) -> None:
    before = callers.answered.copy()
    await change
    meanwhile = callers.answered - before
    check(
        not callers.failed,
        f"{what}: none failed of {meanwhile.total()} requests {dict(callers.failed)}",
    )
    check(len(meanwhile) == 5, f"all kinds of callers were at work: {dict(meanwhile)}")


async def until_healthy(callers: Callers) -> None:
    context = ssl.create_default_context(cafile=str(callers.public.trusted))
    url = f"https://localhost:{callers.edge.rpartition(':')[2]}/health"
    async with asyncio.timeout(START_SECONDS):
        while True:
            async with httpx.AsyncClient(verify=context, trust_env=False) as client:
                try:
                    if (await client.get(url)).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    pass
            await asyncio.sleep(0.3)


async def trial(made: Ground, url: str) -> None:
    folder, ports = made.folder, Ports.free()
    files, public = Files(folder / "mesh"), Files(folder / "public")
    told = {
        "tls_certificate_file": str(files.chain),
        "tls_key_file": str(files.key),
        "tls_authority_file": str(files.trusted),
        "jwks_seconds": str(JWKS_SECONDS),
        "environment": "production",
    }
    extra = {f"SHADOWER_{name.upper()}": value for name, value in told.items()}
    services = started(made, made.environment(url, **extra))
    mesh_keys = KeyRing.of_file(folder / "mesh-key.json")
    load = load_on(made, [], [])
    callers = Callers(
        load,
        f"127.0.0.1:{ports.edge}",
        f"127.0.0.1:{ports.mesh}",
        public,
        files,
        made.keys,
        mesh_keys,
    )
    edge = {
        **ports.told(),
        **told,
        "jwks_file": str(made.jwks),
        "mesh_jwks_file": str(folder / "mesh-jwks.json"),
        "edge_services": json.dumps({one.name: one.address for one in services}),
        "edge_tls_certificate_file": str(public.chain),
        "edge_tls_key_file": str(public.key),
    }
    async with edge_process(**edge), AsyncExitStack() as stack:
        await until_healthy(callers)
        await raise_limits(callers)
        flowing = [callers.keep(*one) for one in (await kinds_of(callers, stack)).items()]
        await stack.enter_async_context(in_background(*flowing))
        await asyncio.sleep(FLOW_SECONDS)
        check(not callers.failed, f"requests flow; {callers.told()} {dict(callers.failed)}")
        await all_change(callers, folder)
        callers.is_over = True
        await asyncio.sleep(FLOW_SECONDS)
        await is_counted(callers, stack)


async def is_counted(callers: Callers, stack: AsyncExitStack) -> None:
    """By services, that now hold none of the keys with which they began."""
    load, channel = (
        callers.load,
        open_channel(callers.mesh, lambda: callers.bearer, certificate=callers.files.certificate),
    )
    through = await stack.enter_async_context(channel)
    edge = Through(through)
    load.ingest.add(edge)  # type: ignore[arg-type] # it has a channel
    load.metrics.add(edge)  # type: ignore[arg-type]
    say(callers.told())
    check(load.acknowledged == load.sent, f"all of {load.sent} executions acknowledged at once")
    check(await load.count() == load.sent, "each counts exactly once")
    check(await load.is_balanced(), "the ledger agrees with the facts")


@dataclass(frozen=True)
class Through:
    """Where a load is sent, in place of a service."""

    opened: grpc.aio.Channel

    def channel(self) -> grpc.aio.Channel:
        return self.opened


def started(made: Ground, environment: Environment) -> list[Running]:
    return [made.start(name, environment) for name in SERVICES]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="rotation-") as folder, ground(Path(folder)) as made:
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
