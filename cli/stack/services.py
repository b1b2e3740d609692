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
# Nobody calls it: it has a health and no service.
WRITER = {"ingest.writer": "shadower.ingest.Writer"}
FIRST_PORT = 50051
WRITER_PORT = FIRST_PORT + len(SERVICES)


def service_parts(home: Home, database_url: str, environment: str) -> list[Part]:
    return _parts(SERVICES, FIRST_PORT, _common(home, database_url, environment))


def writer_parts(home: Home, database_url: str, environment: str) -> list[Part]:
    """One where there is a log to be written, else none."""
    common = _common(home, database_url, environment)
    return _parts(WRITER, WRITER_PORT, common) if common.get("KAFKA_BROKERS") else []


def _parts(services: Mapping[str, str], first_port: int, common: Mapping[str, str]) -> list[Part]:
    ports = free_ports(range(first_port, first_port + len(services)))
    return [
        _part(name, service, f"{LOOPBACK}:{port}", common)
        for (name, service), port in zip(services.items(), ports, strict=True)
    ]


def _part(name: str, service: str, address: str, common: Mapping[str, str]) -> Part:
    return Part(
        name=name.rpartition(".")[2],
        command=(sys.executable, "-m", f"services.{name}"),
        environment={**common, "SHADOWER_LISTEN": address},
        address=address,
        is_ready=grpc_service(address, service),
        service=service,
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
