"""How long a call may take: as the contract says, in services and at the edge alike."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.edge.model import EdgeModel, Upstream
from cli.edge.rendering import render
from services.runtime.contract import method_contract
from services.runtime.interceptors.deadline import Deadline

LONG = {
    "/shadower.reports.v1.ReportsService/CleanUpReports": 300,
    "/shadower.reports.v1.ReportsService/EraseReports": 300,
    "/shadower.upkeep.v1.ErasureService/RunErasures": 300,
    "/shadower.upkeep.v1.RetentionService/ApplyRetention": 300,
}
SHORT = {
    "/shadower.reports.v1.ReportsService/GenerateDueReports": 30,
    "/shadower.upkeep.v1.ErasureService/EraseUser": 30,
}
SERVICES = ("shadower.reports.v1.ReportsService", "shadower.upkeep.v1.RetentionService")


class Asked:
    """By a caller who waits so long."""

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds

    def time_remaining(self) -> float | None:
        return self._seconds


@pytest.mark.parametrize(("path", "seconds"), (LONG | SHORT).items())
def test_a_service_gives_a_call_as_long_as_the_contract_says(path: str, seconds: int) -> None:
    contract: Any = method_contract(path)
    for asked, given in ((None, seconds), (600.0, seconds), (5.0, 5.0)):
        call: Any = type("Call", (), {"contract": contract, "context": Asked(asked)})()
        Deadline(30).enter(call)
        assert call.seconds == given


def test_the_edge_gives_a_call_as_long_as_its_service_does(tmp_path: Path) -> None:
    upstreams = tuple(Upstream(service, ("unix:/x.sock",)) for service in SERVICES)
    model = EdgeModel(upstreams, (), tmp_path / "d")
    rendered = render(replace(model, mesh="unix:/m.sock"), tmp_path)
    found = dict[str, set[str]]()
    idle = dict[str, str]()
    for route in _routes(yaml.safe_load(rendered)):
        limits = route["route"].get("max_stream_duration")
        if limits:
            idle[route["match"]["path"]] = route["route"].get("idle_timeout", "")
            found.setdefault(route["match"]["path"], set()).update(limits.values())
    assert all(found[path] == {f"{seconds}s"} for path, seconds in (LONG | SHORT).items())
    assert {path: limit for path, limit in idle.items() if limit} == dict.fromkeys(LONG, "330s")
    assert {path for path, limits in found.items() if limits != {"30s"}} == set(LONG)


def _routes(found: Any) -> list[Any]:
    """Those of the contract's RPCs, wherever they stand: for callers, and for the mesh."""
    if isinstance(found, list):
        return [route for one in found for route in _routes(one)]
    if not isinstance(found, dict):
        return []
    if "path" in found.get("match", {}) and "route" in found:
        return [found]
    return [route for one in found.values() for route in _routes(one)]
