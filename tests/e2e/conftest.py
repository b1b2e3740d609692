"""The whole way: Envoy in front of the real services."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest

from cli.edge import EdgeModel, Upstream, build_descriptor
from tests.e2e.edge_fixtures import Keys, running_edge
from tests.support.keys import AUDIENCE, ISSUER, KeyRing
from tests.support.stack import SERVICES, Stack, Stubs


@dataclass(frozen=True)
class WholeWay:
    """Callers' end of the way: JSON and gRPC on one port."""

    http: httpx.AsyncClient
    stubs: Stubs
    keys: KeyRing
    port: int

    def bearer(self, *workspaces: str, role: str = "owner") -> dict[str, str]:
        return {"authorization": f"Bearer {self.keys.token(*workspaces, role=role)}"}


@pytest.fixture(scope="session")
async def whole_way(
    stack: Stack, keys: KeyRing, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[WholeWay]:
    folder = tmp_path_factory.mktemp("edge")
    build_descriptor(folder / "contract.binpb")
    model = EdgeModel(
        upstreams=tuple(
            Upstream(SERVICES[name], service.address) for name, service in stack.running.items()
        ),
        jwks=jwks_file,
        descriptor=folder / "contract.binpb",
        issuer=ISSUER,
        audience=AUDIENCE,
    )
    async with running_edge(folder, model, Keys()) as edge:
        yield WholeWay(edge.anonymous, Stubs(_shared(edge.channel)), keys, edge.model.port)


def _shared(channel: grpc.aio.Channel) -> dict[str, grpc.aio.Channel]:
    return dict.fromkeys(SERVICES, channel)
