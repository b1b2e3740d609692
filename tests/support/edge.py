"""A real Envoy with the configuration of cli/edge, and keys that sign tokens for it."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import ECAlgorithm, OKPAlgorithm

from cli.edge.model import EdgeModel, Issuer, Upstream
from cli.edge.program import command
from cli.edge.rendering import write_configuration
from tests.support.edge_backend import SERVICES
from tests.support.edge_mutation import Mutation, rewrite
from tests.support.ports import free_port
from tests.support.waiting import until

ISSUER = "https://issuer.test"
AUDIENCE = "edge-test"
ORIGIN = "https://console.test"


@dataclass
class Keys:
    """Keys that sign tokens, and the set of their public halves."""

    eddsa: ed25519.Ed25519PrivateKey = field(default_factory=ed25519.Ed25519PrivateKey.generate)
    es256: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    prefix: str = ""
    """Of their ids."""

    def jwks(self) -> str:
        eddsa = OKPAlgorithm.to_jwk(self.eddsa.public_key(), as_dict=True)
        es256 = ECAlgorithm.to_jwk(self.es256.public_key(), as_dict=True)
        return json.dumps(
            {
                "keys": [
                    {**eddsa, "kid": f"{self.prefix}eddsa"},
                    {**es256, "kid": f"{self.prefix}es256"},
                ]
            }
        )

    def token(self, algorithm: str = "EdDSA", key: Any = None, **claims: Any) -> str:
        """A good token, but for what is said otherwise; a claim of None is left out."""
        kid = algorithm.lower()
        wanted = {"sub": "tester", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600}
        given = {name: value for name, value in (wanted | claims).items() if value is not None}
        signing_key = key or {"eddsa": self.eddsa, "es256": self.es256}[kid]
        return jwt.encode(
            given, signing_key, algorithm=algorithm, headers={"kid": self.prefix + kid}
        )


@dataclass
class Edge:
    """A running Envoy, and what a caller needs to talk to it."""

    model: EdgeModel
    pid: int
    configuration: Path
    keys: Keys
    rest: httpx.AsyncClient
    anonymous: httpx.AsyncClient
    channel: grpc.aio.Channel

    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.keys.token()}"),)


def edge_model(folder: Path, keys: Keys, backend_port: int) -> EdgeModel:
    return EdgeModel(
        upstreams=tuple(Upstream(name, (f"127.0.0.1:{backend_port}",)) for name in SERVICES),
        issuers=(Issuer(ISSUER, AUDIENCE, keys.jwks()),),
        descriptor=folder / "contract.binpb",
        cors_origins=(ORIGIN,),
    )


@asynccontextmanager
async def running_edge(
    folder: Path,
    model: EdgeModel,
    keys: Keys,
    authority: Path | None = None,
    mutate: Mutation | None = None,
) -> AsyncIterator[Edge]:
    """Envoy on ports of its own, ready to answer; over TLS, if an authority is to be trusted; and
    with a configuration that is not ours quite, if it is to be mutated."""
    own = replace(model, port=free_port(), admin_port=free_port())
    own_folder = folder / f"edge-{own.port}"
    own_folder.mkdir()
    async with AsyncExitStack() as stack:
        configuration = write_configuration(own, own_folder)
        if mutate:
            rewrite(own_folder, mutate)
        pid = await stack.enter_async_context(_envoy(configuration))
        base = f"https://localhost:{own.port}" if authority else f"http://127.0.0.1:{own.port}"
        bearer = {"authorization": f"Bearer {keys.token()}"}
        rest = await stack.enter_async_context(_client(base, bearer, authority))
        anonymous = await stack.enter_async_context(_client(base, {}, authority))
        channel = await stack.enter_async_context(_channel(own.port))
        await until(lambda: _answers(anonymous))
        yield Edge(own, pid, configuration, keys, rest, anonymous, channel)


def _client(base: str, headers: dict[str, str], authority: Path | None) -> httpx.AsyncClient:
    trusted: Any = ssl.create_default_context(cafile=str(authority)) if authority else True
    # A proxy of the surroundings must not stand between a test and its edge.
    return httpx.AsyncClient(base_url=base, headers=headers, trust_env=False, verify=trusted)


def _channel(port: int) -> grpc.aio.Channel:
    return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)])


@asynccontextmanager
async def _envoy(config: Path) -> AsyncIterator[int]:
    # Beside the folder, which Envoy watches.
    with config.parent.with_suffix(".log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command(config, concurrency=1), stdout=log, stderr=log
        )
    try:
        yield process.pid
    finally:
        # A mutant may have been told to end.
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code in (200, 503)
    except httpx.TransportError:
        return False
