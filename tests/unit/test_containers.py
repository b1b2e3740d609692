"""How a container is started, probed and given its secrets."""

import base64
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from cli.containers import probe, serve
from cli.containers.prepare import prepare
from cli.containers.programs import PROGRAMS, name_of
from cli.failures import CommandError
from cli.stack.services import SERVICES
from gateway.web.settings import WebSettings

RUN = CliRunner()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_known_again_by_what_it_became(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.extend(command))
    serve.serve(name)
    assert name_of(became) == name
    assert name_of(["docker-init", "--", "shadower", "serve", name]) == name


def test_what_serves_nothing_is_no_program() -> None:
    assert name_of(["python3", "-m", "cli", "migrate"]) == ""


def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    result = RUN.invoke(app, ["serve", "metric"])
    assert result.exit_code == 2
    assert all(name in result.output for name in PROGRAMS)


async def test_nobody_is_ready_where_nobody_listens(tmp_path: Path) -> None:
    socket = f"unix:{tmp_path / 'none.sock'}"
    for name in ("metrics", "writer", "web"):
        assert not await probe.probe_of(name, {"SHADOWER_LISTEN": socket})()
    told = {"SHADOWER_EDGE_LISTEN": "0.0.0.0:1", "SHADOWER_EDGE_METRICS_LISTEN": "[::]:1"}
    assert not await probe.probe_of("edge", told)()


def test_an_edge_that_listens_for_the_mesh_alone_is_asked_by_its_metrics() -> None:
    mesh = {"SHADOWER_EDGE_LISTEN": "", "SHADOWER_EDGE_MESH_LISTEN": "0.0.0.0:8081"}
    with pytest.raises(CommandError, match="SHADOWER_EDGE_METRICS_LISTEN"):
        probe.probe_of("edge", mesh)
    assert probe.probe_of("edge", mesh | {"SHADOWER_EDGE_METRICS_LISTEN": "0.0.0.0:9901"})


def test_who_was_not_told_where_to_listen_is_asked_where_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(probe, "grpc_service", lambda *where: asked.append(where))
    monkeypatch.setattr(probe, "http_path", lambda *where: asked.append(where))
    for name in ("metrics", "web", "edge"):
        probe.probe_of(name, {})
    assert asked == [
        ("127.0.0.1:50051", SERVICES["metrics"]),
        ("127.0.0.1", 50049, "/health"),
        ("127.0.0.1", 8080, "/health"),
    ]
    assert WebSettings.model_fields["listen"].default == probe.WEB_LISTENS


def test_a_probe_of_what_serves_nothing_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrating = tmp_path / "cmdline"
    migrating.write_bytes(b"python3\0-m\0cli\0migrate\0")
    monkeypatch.setattr(probe, "FIRST_PROCESS", migrating)
    assert RUN.invoke(app, ["probe"]).exit_code == 0


def test_secrets_are_made_once_and_are_whose_they_are(tmp_path: Path) -> None:
    prepare(tmp_path)
    made = _contents(tmp_path)
    prepare(tmp_path)
    assert _contents(tmp_path) == made
    password = made["server/password"]
    assert made["database/pgpass"] == f"*:*:*:shadower:{password}\n"
    assert len(password) >= 43
    assert made["mesh/mesh-key.json"] == made["issuer/keys/mesh-key.json"]
    assert len(base64.b64decode(made["sealing/notification-key"], validate=True)) == 32
    # Whoever verifies tokens signs none.
    assert all('"d"' not in made[f"trusted/{name}"] for name in ("jwks.json", "mesh-jwks.json"))


def test_another_set_has_other_secrets(tmp_path: Path) -> None:
    prepare(tmp_path / "one")
    prepare(tmp_path / "other")
    one, other = _contents(tmp_path / "one"), _contents(tmp_path / "other")
    assert one.keys() == other.keys()
    assert not [name for name in one if one[name] == other[name]]


def test_nobody_else_reads_what_is_not_for_others(tmp_path: Path) -> None:
    prepare(tmp_path)
    open_to_others = {
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) & 0o077
    }
    public = {"issuer/keys/jwks.json", "issuer/keys/mesh-jwks.json"}
    assert open_to_others == {"server/password", *public}


def _contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in files}
