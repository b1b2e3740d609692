"""What `shadower up` starts, and in which order."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cli.edge.model import EdgeModel
from cli.stack.edge_part import Listener, edge_model, edge_part
from cli.stack.launcher import Launcher
from cli.stack.measuring import measured
from cli.stack.parts import Part
from cli.stack.services import service_parts, web_part, writer_parts
from cli.stack.valkey import cache_parts

PUBLIC = "SHADOWER_PUBLIC_URL"


@dataclass(frozen=True)
class Wish:
    """What was asked for."""

    listener: Listener
    replicas: Mapping[str, int]
    demo: bool
    metrics: int | None
    """The first port on which processes have their metrics."""


@dataclass(frozen=True)
class Plan:
    """What is started once the database is there."""

    caches: Sequence[Part]
    edge: Part
    ours: Sequence[Part]
    """Services, writers and what serves browsers."""
    model: EdgeModel

    @property
    def parts(self) -> list[Part]:
        """Stopped in reverse: the edge passes on how the services' last calls end."""
        return [*self.caches, self.edge, *self.ours]


def planned(launcher: Launcher, wish: Wish) -> Plan:
    home, environment = launcher.home, wish.listener.environment
    caches = cache_parts(home)
    services = service_parts(
        home, launcher.database_url, environment, wish.replicas, told=_told(launcher, caches)
    )
    writers = writer_parts(home, launcher.database_url, environment)
    web = web_part(home, environment)
    model = edge_model(home, services, web, wish.listener)
    ours = measured((*services, *writers, web), wish.metrics)
    return Plan(caches, edge_part(home, model), ours, model)


def _told(launcher: Launcher, caches: Sequence[Part]) -> Mapping[str, str]:
    """Callers find us here, unless somebody knows better."""
    redis_url = caches[0].address if caches else os.environ.get("REDIS_URL", "")
    return {PUBLIC: os.environ.get(PUBLIC, launcher.address), "REDIS_URL": redis_url}
