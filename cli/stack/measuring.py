"""Where Prometheus finds the processes of a stack: a port for each, and a file that names them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from cli.failures import CommandError, UsageError
from cli.home import Home, write_whole
from cli.stack.parts import Part
from cli.stack.ports import LOOPBACK, is_free

PORT = "OTEL_EXPORTER_PROMETHEUS_PORT"
HOST = "OTEL_EXPORTER_PROMETHEUS_HOST"
LABEL = "shadower_process"
OF_EDGE = {"__metrics_path__": "/stats/prometheus", LABEL: "edge"}
HIGHEST = 65_535


def measured(parts: Sequence[Part], first: int | None) -> list[Part]:
    """Each with a port of the loopback, the first one and those after it; as they are without one.
    Raises UsageError or CommandError."""
    if first is None:
        return list(parts)
    if first + len(parts) - 1 > HIGHEST:
        raise UsageError(f"--metrics {first}: there are not {len(parts)} ports from there on")
    return [_at(part, port) for part, port in zip(parts, count(first), strict=False)]


def _at(part: Part, port: int) -> Part:
    if not is_free(port):
        raise CommandError(
            f"{LOOPBACK}:{port} is taken, where metrics of {part.name} were to be: choose another "
            "first port with --metrics",
            exit_code=1,
        )
    told = {PORT: str(port), HOST: LOOPBACK}
    return replace(part, environment={**part.environment, **told})


def targets_file(home: Home) -> Path:
    """As file_sd_configs of Prometheus read it."""
    return home.path / "metrics-targets.json"


def write_targets(home: Home, parts: Sequence[Part], edge_admin_port: int) -> Path:
    """Replicas of a service have its name, and ports of their own."""
    targets = [*_targets(parts), _target(edge_admin_port, OF_EDGE)]
    file = targets_file(home)
    write_whole(file, json.dumps(targets, indent=2) + "\n", mode=0o644)
    return file


def _targets(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for part in parts:
        yield _target(part.environment[PORT], {LABEL: _without_number(part.name)})


def _target(port: object, labels: dict[str, str]) -> dict[str, Any]:
    return {"targets": [f"{LOOPBACK}:{port}"], "labels": labels}


def _without_number(name: str) -> str:
    whole, _, number = name.rpartition("-")
    return whole if number.isdigit() else name
