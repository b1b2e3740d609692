"""A Keycloak, a realm that is set up as the documentation says, and services that trust it."""

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli.edge.model import EdgeModel, Issuer, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.ports import free_port
from tests.support.postgres import Server
from tests.support.stack import SERVICES, Environment, Running, ready, start, stop
from tools.keycloak.realm import Realm, make_client, make_realm, make_user
from tools.keycloak.server import Keycloak, running_keycloak

AUDIENCE = "shadower"
SCOPE = "shadower"
WORKSPACE = "acme"
SERVICE = "metrics"
# Of the edge: five seconds less than that, which is a second.
KEYS_SECONDS = 6


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    """One that runs already, if SHADOWER_TEST_KEYCLOAK says where."""
    if address := os.environ.get("SHADOWER_TEST_KEYCLOAK"):
        yield Keycloak(address)
        return
    with running_keycloak(tmp_path_factory.mktemp("provider"), free_port()) as running:
        yield running


@pytest.fixture(scope="session")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def realm(keycloak: Keycloak, http: httpx.Client) -> Realm:
    made = make_realm(keycloak, http, f"r-{uuid4().hex[:8]}", AUDIENCE)
    make_client(made, "console", SCOPE)
    make_client(made, "elsewhere")
    make_user(made, "ann", {"workspace_ids": [WORKSPACE, "other"], "role": ["analyst"]})
    return made


@dataclass(frozen=True)
class Trusting:
    """An edge and a service that let this realm's tokens in."""

    edge: Edge
    service: Running

    async def status(
        self, token: str, workspace: str = WORKSPACE, path: str = "metricDescriptors"
    ) -> int:
        headers = {"authorization": f"Bearer {token}"}
        reply = await self.edge.anonymous.get(f"/v1/workspaces/{workspace}/{path}", headers=headers)
        return reply.status_code


@pytest.fixture(scope="session")
async def trusting(
    realm: Realm,
    postgres: Server,
    template: str,
    jwks_file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Trusting]:
    folder = tmp_path_factory.mktemp("trusting")
    found = realm.discovery()
    environment = Environment(
        postgres.create(template),
        jwks_file,
        folder,
        (
            ("SHADOWER_JWT_ISSUER", found["issuer"]),
            ("SHADOWER_JWT_AUDIENCE", AUDIENCE),
            ("SHADOWER_JWKS_SECONDS", "1"),
        ),
        jwks_url=found["jwks_uri"],
    )
    service = start(SERVICE, environment)
    try:
        await ready(service)
        model = _model(folder, service, found)
        async with running_edge(folder, model, Keys()) as edge:
            yield Trusting(edge, service)
    finally:
        stop(service)


def _model(folder: Path, service: Running, found: dict[str, Any]) -> EdgeModel:
    return EdgeModel(
        upstreams=(Upstream(SERVICES[SERVICE], (service.address,)),),
        issuers=(Issuer(found["issuer"], AUDIENCE, found["jwks_uri"]),),
        descriptor=folder / "contract.binpb",
        keys_seconds=KEYS_SECONDS,
    )
