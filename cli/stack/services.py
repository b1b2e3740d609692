"""The services as processes of a stack."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.failures import UsageError
from cli.home import Home
from cli.stack import issuing
from cli.stack.parts import Part
from cli.stack.readiness import grpc_service, http_path_on
from cli.stack.sockets import socket_of
from cli.tokens.keys import mesh_jwks_file, mesh_key_file

SERVICES = {
    "ingest": "shadower.ingest.v1.IngestService",
    "metrics": "shadower.metrics.v1.MetricsService",
    "aggregates": "shadower.aggregates.v1.AggregatesService",
    "workspaces": "shadower.workspaces.v1.WorkspacesService",
    "agents": "shadower.agents.v1.AgentsService",
    "relay": "shadower.bus.v1.DeadLettersService",
    "limits": "shadower.limits.v1.LimitsService",
    "access": "shadower.access.v1.AccessService",
    "scheduler": "shadower.scheduler.v1.SchedulerService",
    "alerts": "shadower.alerts.v1.AlertsService",
    "notifications": "shadower.notifications.v1.NotificationsService",
    "reports": "shadower.reports.v1.ReportsService",
    "upkeep": "shadower.upkeep.v1.RetentionService",
}
# Modules that are not under `services`.
ELSEWHERE = {"limits": "gateway.limits", "scheduler": "scheduler"}
MOST_REPLICAS = 16


@dataclass(frozen=True)
class _Program:
    """A module that runs as a process; all but the first have a number."""

    module: str
    service: str
    number: int = 1

    @property
    def name(self) -> str:
        name = self.module.rpartition(".")[2]
        return name if self.number == 1 else f"{name}-{self.number}"


# Nobody calls it: it has a health and no service.
WRITER = _Program("services.ingest.writer", "shadower.ingest.Writer")


def module_of(name: str) -> str:
    """Of a service, by its name in SERVICES."""
    return ELSEWHERE.get(name, f"services.{name}")


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
    told: Mapping[str, str] | None = None,
) -> list[Part]:
    """All replicas of a service follow each other. `told` is what else all of them are told."""
    programs = [
        _Program(module_of(name), service, number)
        for name, service in SERVICES.items()
        for number in range(1, replicas[name] + 1)
    ]
    common = {**_common(home, database_url, environment), "REDIS_URL": "", **(told or {})}
    writers = [WRITER] if common.get("KAFKA_BROKERS") else []
    common[CHECKED] = _checked(home, [*programs, *writers])
    return [_part(home, program, common) for program in programs]


def _checked(home: Home, programs: Iterable[_Program]) -> str:
    """What upkeep looks at."""
    return ",".join(
        f"{program.service}@unix:{socket_of(home, program.name)}" for program in programs
    )


def web_part(home: Home, environment: str) -> Part:
    """What serves browsers behind the edge. It holds no connection to a database, and calls
    services by the edge's mesh listener."""
    socket = socket_of(home, "web")
    common = _common(home, "", environment)
    return Part(
        name="web",
        command=(sys.executable, "-m", "gateway.web"),
        environment={
            **{name: value for name, value in common.items() if name not in OF_WEB_NOT},
            "SHADOWER_LISTEN": f"unix:{socket}",
        },
        address=f"unix:{socket}",
        is_ready=http_path_on(socket, "/health"),
    )


def mesh_socket(home: Home) -> Path:
    """Where the edge takes calls from one service to another."""
    return socket_of(home, "mesh")


def writer_parts(home: Home, database_url: str, environment: str) -> list[Part]:
    """One where there is a log to be written, else none."""
    common = _common(home, database_url, environment)
    return [_part(home, WRITER, common)] if common.get("KAFKA_BROKERS") else []


def _part(home: Home, program: _Program, common: Mapping[str, str]) -> Part:
    """On a socket: whoever is not of this home has to come by the edge."""
    address = f"unix:{socket_of(home, program.name)}"
    return Part(
        name=program.name,
        command=(sys.executable, "-m", program.module),
        environment={**_known_to(program, common), "SHADOWER_LISTEN": address},
        address=address,
        is_ready=grpc_service(address, program.service),
        service=program.service,
    )


# Nobody else may know what signs tokens of the mesh.
SIGNING = "SHADOWER_MESH_KEY_FILE"
ISSUERS = {"services.access", "scheduler", "services.reports", "services.upkeep"}
CHECKED = "SHADOWER_CHECKED_SERVICES"


# What opens secrets of receivers, and the account by which mail is sent.
OF_NOTIFICATIONS = {
    "SHADOWER_NOTIFICATION_KEY",
    "SHADOWER_NOTIFICATION_KEY_FILE",
    "SHADOWER_SMTP_URL",
}


def _known_to(program: _Program, common: Mapping[str, str]) -> Mapping[str, str]:
    hidden = set() if program.module in ISSUERS else {SIGNING}
    if program.module != "services.notifications":
        hidden |= OF_NOTIFICATIONS
    return {name: value for name, value in common.items() if name not in hidden}


# Only one of several processes could have the port; and where keys are is said below.
NOT_HANDED_ON = {"OTEL_EXPORTER_PROMETHEUS_PORT", issuing.FILE, issuing.ADDRESS}
OF_WEB_NOT = {"DATABASE_URL", "REDIS_URL", SIGNING, *OF_NOTIFICATIONS}


def _common(home: Home, database_url: str, environment: str) -> Mapping[str, str]:
    return {
        # Threads of gRPC would each keep an arena of freed memory for themselves.
        "MALLOC_ARENA_MAX": "2",
        # Nobody takes over from them.
        "SHADOWER_NOTICE_SECONDS": "0",
        "SHADOWER_OBJECTS_URL": (home.path / "objects").as_uri(),
        **{name: value for name, value in os.environ.items() if name not in NOT_HANDED_ON},
        "DATABASE_URL": database_url,
        "SHADOWER_MESH": f"unix:{mesh_socket(home)}",
        **issuing.told_of_keys(home),
        "SHADOWER_MESH_JWKS_FILE": str(mesh_jwks_file(home)),
        SIGNING: str(mesh_key_file(home)),
        "SHADOWER_ENVIRONMENT": environment,
    }
