"""The services as processes of a stack."""

import os
import sys
from collections.abc import Mapping

from cli.home import Home
from cli.stack.parts import Part
from cli.stack.ports import LOOPBACK, free_ports
from cli.stack.readiness import grpc_service
from cli.tokens.keys import jwks_file

SERVICES = {
    "ingest": "shadower.ingest.v1.IngestService",
    "metrics": "shadower.metrics.v1.MetricsService",
    "aggregates": "shadower.aggregates.v1.AggregatesService",
    "workspaces": "shadower.workspaces.v1.WorkspacesService",
    "agents": "shadower.agents.v1.AgentsService",
    "relay": "shadower.bus.v1.DeadLettersService",
}
FIRST_PORT = 50051


def service_parts(home: Home, database_url: str, environment: str) -> list[Part]:
    ports = free_ports(range(FIRST_PORT, FIRST_PORT + len(SERVICES)))
    common = _common(home, database_url, environment)
    return [
        _part(name, f"{LOOPBACK}:{port}", common)
        for name, port in zip(SERVICES, ports, strict=True)
    ]


def _part(name: str, address: str, common: Mapping[str, str]) -> Part:
    return Part(
        name=name,
        command=(sys.executable, "-m", f"services.{name}"),
        environment={**common, "SHADOWER_LISTEN": address},
        address=address,
        is_ready=grpc_service(address, SERVICES[name]),
        service=SERVICES[name],
    )


def _common(home: Home, database_url: str, environment: str) -> Mapping[str, str]:
    return {
        # Threads of gRPC would each keep an arena of freed memory for themselves.
        "MALLOC_ARENA_MAX": "2",
        **os.environ,
        "DATABASE_URL": database_url,
        "SHADOWER_JWKS_FILE": str(jwks_file(home)),
        "SHADOWER_ENVIRONMENT": environment,
    }
