"""`shadower edge`: the edge as a process of its own, before an echo."""

import json
import signal
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.edge.command import edge
from cli.failures import UsageError
from services.runtime.channels import open_channel
from tests.support.edge import AUDIENCE, ISSUER, Keys
from tests.support.edge_backend import Backend
from tests.support.edge_command import Ports, edge_process, until_serving, written
from tests.support.waiting import until

METRICS = "/v1/workspaces/acme/metrics?metrics=executions"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"edge_services": '{"metric": "a:1"}'}, "SHADOWER_EDGE_SERVICES: metric is none of"),
        ({"edge_listen": "here"}, "SHADOWER_EDGE_LISTEN: is no host:port"),
        ({"edge_mesh_listen": "127.0.0.1:1"}, "SHADOWER_EDGE_MESH_LISTEN needs"),
        ({"edge_listen": ""}, "SHADOWER_EDGE_LISTEN or SHADOWER_EDGE_MESH_LISTEN is needed"),
        ({"edge_concurrency": "0"}, "SHADOWER_EDGE_CONCURRENCY: "),
        ({"edge_dns": "consul:8600"}, "SHADOWER_EDGE_DNS: is no host:port whose host"),
    ],
    ids=["service", "listener", "open mesh", "no listener", "number", "resolver"],
)
def test_a_wrong_setting_is_named(
    settings: dict[str, str], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = {"edge_services": '{"metrics": "a:1"}', "jwks_file": "/jwks.json"}
    for name, value in (usual | settings).items():
        monkeypatch.setenv(f"SHADOWER_{name.upper()}", value)
    with pytest.raises(UsageError) as wrong:
        edge()
    assert named in str(wrong.value)
    assert "\n" not in str(wrong.value)


async def test_what_is_under_way_ends_before_it_does(
    backend: Backend, backend_port: int, edge_keys: Keys, tmp_path: Path
) -> None:
    ports = Ports.free()
    backend.gate.clear()
    settings = {
        **ports.told(),
        "jwks_file": written(tmp_path / "jwks.json", edge_keys.jwks()),
        "jwt_issuer": ISSUER,
        "jwt_audience": AUDIENCE,
        # By a name, as behind a headless service.
        "edge_services": json.dumps({"metrics": f"localhost:{backend_port}"}),
        "plaintext": "true",
    }
    base = f"http://127.0.0.1:{ports.edge}"
    async with edge_process(**settings) as process:
        await until_serving(base)
        await answers_what_it_should(base, ports, edge_keys)
        async with open_channel(f"127.0.0.1:{ports.mesh}", dict) as mesh:
            stub: Any = MetricsServiceStub(mesh)
            stream = stub.StreamMetrics(StreamMetricsRequest(workspace_id="acme"))
            assert (await stream.read()).HasField("snapshot")
            process.send_signal(signal.SIGTERM)
            await until(lambda: is_draining(ports))
            assert process.returncode is None
            backend.gate.set()
            assert [(await stream.read()).cursor for _ in range(2)] == ["2", "3"]
            assert await stream.read() is grpc.aio.EOF
        assert await process.wait() == 0
    backend.gate.clear()


async def answers_what_it_should(base: str, ports: Ports, keys: Keys) -> None:
    bearer = {"authorization": f"Bearer {keys.token()}"}
    async with httpx.AsyncClient(trust_env=False, headers=bearer) as client:
        assert (await client.get(f"{base}{METRICS}")).status_code == 200
        looking = f"http://127.0.0.1:{ports.metrics}"
        assert (await client.get(f"{looking}/ready")).status_code == 200
        counted = await client.get(f"{looking}/stats/prometheus")
        assert "envoy_cluster_upstream_rq_total" in counted.text
        for refused in ("/stats", "/config_dump", "/healthcheck/fail"):
            assert (await client.get(f"{looking}{refused}")).status_code == 404
            assert (await client.post(f"{looking}{refused}")).status_code == 404


async def is_draining(ports: Ports) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        reply = await client.get(f"http://127.0.0.1:{ports.metrics}/ready")
    return reply.status_code == 503
