"""Envoy as a process of a stack."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Literal

from cli.edge.model import WEB, EdgeModel, Issuer, Upstream
from cli.edge.program import command
from cli.edge.rendering import write_configuration
from cli.edge.tracing import EdgeTraceSettings, tracing_of
from cli.failures import CommandError
from cli.home import Home
from cli.stack.issuing import address_of_keys
from cli.stack.parts import Part
from cli.stack.ports import free_ports
from cli.stack.readiness import http_path
from cli.stack.services import mesh_socket
from cli.tokens import signing
from cli.tokens.keys import jwks_file, mesh_jwks_file
from services.runtime.process_settings import ProcessSettings

ADMIN_PORT = 9901
MESH_ISSUER: str = ProcessSettings.model_fields["mesh_issuer"].default
Environment = Literal["development", "production"]


@dataclass(frozen=True)
class Listener:
    """How the edge meets its callers."""

    host: str
    port: int
    environment: Environment
    cors_origins: tuple[str, ...] = ()


def edge_part(home: Home, model: EdgeModel) -> Part:
    """Writes the edge's configuration. Raises CommandError without an Envoy."""
    home.edge.mkdir(exist_ok=True)
    config = write_configuration(model, home.edge)
    try:
        starting = command(config)
    except FileNotFoundError as error:
        raise CommandError(str(error), exit_code=1) from error
    host = _reachable(model.host)
    ready = http_path(host, model.port, "/health")
    return Part("edge", starting, os.environ, f"http://{host}:{model.port}", ready)


def edge_model(home: Home, services: Sequence[Part], web: Part, listener: Listener) -> EdgeModel:
    issuer = signing.Issuer.of_environment()
    mesh = os.environ.get("SHADOWER_MESH_ISSUER", MESH_ISSUER)
    [admin_port] = free_ports([ADMIN_PORT])
    return EdgeModel(
        upstreams=tuple(_upstreams(services)),
        web=Upstream(WEB, (web.address,)),
        mesh=f"unix:{mesh_socket(home)}",
        issuers=(
            Issuer(issuer.name, issuer.audience, address_of_keys() or jwks_file(home)),
            Issuer(mesh, issuer.audience, mesh_jwks_file(home)),
        ),
        descriptor=home.edge / "contract.pb",
        host=listener.host,
        port=listener.port,
        admin_port=admin_port,
        environment=listener.environment,
        cors_origins=listener.cors_origins,
        tracing=tracing_of(EdgeTraceSettings()),
    )


def _upstreams(services: Sequence[Part]) -> Iterator[Upstream]:
    for service, parts in groupby(services, key=attrgetter("service")):
        yield Upstream(service, tuple(part.address for part in parts))


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104 - compared only
