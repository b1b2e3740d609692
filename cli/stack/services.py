"""The services as processes of a stack."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cli.edge_routes import services_of
from cli.failures import UsageError
from cli.home import Home
from cli.stack.parts import Part
from cli.stack.ports import LOOPBACK, free_ports
from cli.stack.readiness import grpc_service, http_path
from cli.tokens.keys import jwks_file

SERVICES = {
    "ingest": "shadower.ingest.v1.IngestService",
    "metrics": "shadower.metrics.v1.MetricsService",
    "aggregates": "shadower.aggregates.v1.AggregatesService",
    "workspaces": "shadower.workspaces.v1.WorkspacesService",
    "agents": "shadower.agents.v1.AgentsService",
    "relay": "shadower.bus.v1.DeadLettersService",
}
MOST_REPLICAS = 16
FIRST_PORT = 50051
# Before those of the services, of which there may be more or fewer.
WRITER_PORT = FIRST_PORT - 1
WEB_PORT = WRITER_PORT - 1


@dataclass(frozen=True)
class _Program:
    """A module under `services` that runs as a process; all but the first have a number."""

    module: str
    service: str
    number: int = 1

    @property
    def name(self) -> str:
        name = self.module.rpartition(".")[2]
        return name if self.number == 1 else f"{name}-{self.number}"


# Nobody calls it: it has a health and no service.
WRITER = _Program("ingest.writer", "shadower.ingest.Writer")


def replicas_of(asked: Iterable[str]) -> Mapping[str, int]:
    """How many processes each service has, from `ingest=2` and the like. Raises UsageError."""
    replicas = dict.fromkeys(SERVICES, 1)
    for one in asked:
        name, _, number = one.partition("=")
        if name not in SERVICES or number not in map(str, range(1, MOST_REPLICAS + 1)):
            raise UsageError(
                f"--replicas {one}: say NAME=N, with a name of {', '.join(SERVICES)} "
                f"and a number from 1 to {MOST_REPLICAS}"
            )
        replicas[name] = int(number)
    return replicas


def service_parts(
    home: Home,
    database_url: str,
    environment: str,
    replicas: Mapping[str, int],
    redis_url: str = "",
) -> list[Part]:
    """All replicas of a service follow each other."""
    programs = [
        _Program(name, service, number)
        for name, service in SERVICES.items()
        for number in range(1, replicas[name] + 1)
    ]
    common = {**_common(home, database_url, environment), "REDIS_URL": redis_url}
    return _parts(programs, FIRST_PORT, common)


def web_part(home: Home, services: Sequence[Part], environment: str) -> Part:
    """What serves browsers beside the edge. It holds no connection to a database."""
    [port] = free_ports([WEB_PORT])
    address = f"{LOOPBACK}:{port}"
    common = _common(home, "", environment)
    return Part(
        name="web",
        command=(sys.executable, "-m", "gateway.web"),
        environment={
            **{name: value for name, value in common.items() if name not in OF_DATABASES},
            "SHADOWER_LISTEN": address,
            "SHADOWER_MESH": json.dumps(_addresses(services)),
        },
        address=f"http://{address}",
        is_ready=http_path(LOOPBACK, port, "/health"),
    )


def _addresses(services: Sequence[Part]) -> Mapping[str, str]:
    """Of each service that somebody may ask for: of all its replicas, as gRPC writes them."""
    by_cluster: dict[str, list[str]] = {}
    for part in services:
        by_cluster.setdefault(part.service, []).append(part.address)
    return {
        service: f"ipv4:{','.join(addresses)}"
        for cluster, addresses in by_cluster.items()
        for service in services_of(cluster)
    }


def writer_parts(home: Home, database_url: str, environment: str) -> list[Part]:
    """One where there is a log to be written, else none."""
    common = _common(home, database_url, environment)
    return _parts([WRITER], WRITER_PORT, common) if common.get("KAFKA_BROKERS") else []


def _parts(programs: Sequence[_Program], first_port: int, common: Mapping[str, str]) -> list[Part]:
    ports = free_ports(range(first_port, first_port + len(programs)))
    return [
        _part(program, f"{LOOPBACK}:{port}", common)
        for program, port in zip(programs, ports, strict=True)
    ]


def _part(program: _Program, address: str, common: Mapping[str, str]) -> Part:
    return Part(
        name=program.name,
        command=(sys.executable, "-m", f"services.{program.module}"),
        environment={**common, "SHADOWER_LISTEN": address},
        address=address,
        is_ready=grpc_service(address, program.service),
        service=program.service,
    )


# Only one of several processes could have the port.
OF_ONE_PROCESS = {"OTEL_EXPORTER_PROMETHEUS_PORT"}
OF_DATABASES = {"DATABASE_URL", "REDIS_URL"}


def _common(home: Home, database_url: str, environment: str) -> Mapping[str, str]:
    return {
        # Threads of gRPC would each keep an arena of freed memory for themselves.
        "MALLOC_ARENA_MAX": "2",
        **{name: value for name, value in os.environ.items() if name not in OF_ONE_PROCESS},
        "DATABASE_URL": database_url,
        "SHADOWER_JWKS_FILE": str(jwks_file(home)),
        "SHADOWER_ENVIRONMENT": environment,
    }
