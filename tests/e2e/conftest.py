"""The whole way, Envoy in front of the real services; and the edge alone, before an echo."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import httpx
import pytest

from cli.edge.model import EdgeModel, Issuer, Tracing, Upstream
from tests.support.collector import Collector
from tests.support.edge import Edge, Keys, edge_model, running_edge
from tests.support.edge_backend import Backend, running_backend
from tests.support.keys import AUDIENCE, ISSUER, MESH_ISSUER, KeyRing
from tests.support.ports import free_port
from tests.support.stack import SERVICES, Stack, Stubs

pytest.register_assert_rewrite("tests.support.edge_calls")

# The address of an edge that runs already, as http://127.0.0.1:8080, and the file of the key by
# which its callers' tokens are signed. Only tests that look at nothing behind an edge can be run.
RUNNING = os.environ.get("SHADOWER_EDGE_URL", "")
RUNNING_KEY = os.environ.get("SHADOWER_EDGE_KEY_FILE", "")


@dataclass(frozen=True)
class WholeWay:
    """Callers' end of the way: JSON and gRPC on one port."""

    http: httpx.AsyncClient
    stubs: Stubs
    keys: KeyRing
    port: int
    admin_port: int = 0
    """Not known of an edge that runs already."""

    def bearer(self, *workspaces: str, role: str = "owner") -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.token(*workspaces, role=role)}"}


if RUNNING:

    @pytest.fixture(scope="session")
    async def whole_way() -> AsyncIterator[WholeWay]:
        place = urlsplit(RUNNING)
        channel = grpc.aio.insecure_channel(place.netloc, options=[("grpc.enable_http_proxy", 0)])
        async with channel, httpx.AsyncClient(base_url=RUNNING, trust_env=False) as http:
            keys = KeyRing.of_file(Path(RUNNING_KEY))
            yield WholeWay(http, Stubs(_shared(channel)), keys, place.port or 80)

else:

    @pytest.fixture(scope="session")
    async def whole_way(
        stack: Stack,
        keys: KeyRing,
        jwks_file: Path,
        collector: Collector,
        tmp_path_factory: pytest.TempPathFactory,
    ) -> AsyncIterator[WholeWay]:
        folder = tmp_path_factory.mktemp("edge")
        model = EdgeModel(
            upstreams=tuple(
                Upstream(SERVICES[name], (service.address,))
                for name, service in stack.running.items()
            ),
            issuers=(
                Issuer(ISSUER, AUDIENCE, jwks_file),
                Issuer(MESH_ISSUER, AUDIENCE, jwks_file.with_name("mesh-jwks.json")),
            ),
            descriptor=folder / "contract.binpb",
            tracing=Tracing(collector.address, percent=0, heeds_outsiders=True),
        )
        async with running_edge(folder, model, Keys()) as edge:
            stubs, model = Stubs(_shared(edge.channel)), edge.model
            yield WholeWay(edge.anonymous, stubs, keys, model.port, model.admin_port)


def _shared(channel: grpc.aio.Channel) -> dict[str, grpc.aio.Channel]:
    return dict.fromkeys(SERVICES, channel)


@pytest.fixture(scope="session")
def edge_keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edge")


@pytest.fixture(scope="session")
def backend_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
async def backend(backend_port: int) -> AsyncIterator[Backend]:
    async with running_backend(backend_port) as running:
        yield running


@pytest.fixture(scope="session")
def model(folder: Path, edge_keys: Keys, backend_port: int) -> EdgeModel:
    return edge_model(folder, edge_keys, backend_port)


@pytest.fixture(scope="session")
async def edge(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> AsyncIterator[Edge]:
    async with running_edge(folder, model, edge_keys) as running:
        yield running


@pytest.fixture(scope="session")
async def hasty_edge(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> AsyncIterator[Edge]:
    """An edge that gives unary calls one second."""
    async with running_edge(folder, replace(model, unary_timeout_seconds=1), edge_keys) as running:
        yield running
