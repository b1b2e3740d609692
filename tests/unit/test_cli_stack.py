"""How `up` keeps, stops and finds processes, tried on small ones."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from cli.failures import USAGE, CommandError, UsageError
from cli.home import Home, PartState, StackState
from cli.stack.child import ChildProcess
from cli.stack.edge_part import Listener, edge_model
from cli.stack.keeper import Backoff, Keeper
from cli.stack.leftovers import process_of, stop_leftovers
from cli.stack.lock import held_lock
from cli.stack.measuring import measured, write_targets
from cli.stack.parts import Part
from cli.stack.ports import free_ports, refuse_if_taken
from cli.stack.readiness import at_once, http_path
from cli.stack.services import (
    SERVICES,
    mesh_socket,
    module_of,
    replicas_of,
    service_parts,
    web_part,
)
from cli.tokens.keys import ensured_mesh_key, jwks_file, mesh_jwks_file, mesh_key_file

SLEEPER = "import time; print('asleep', flush=True); time.sleep(60)"
DEAF = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {SLEEPER}"


def child(folder: Path, code: str) -> ChildProcess:
    part = Part("part", (sys.executable, "-c", code), os.environ, "", at_once)
    return ChildProcess(part, folder / "logs" / "part.log")


def state_of(pid: int, *, started_at: float | None = None) -> PartState:
    return PartState("part", pid, started_at or psutil.Process(pid).create_time())


async def until_logged(folder: Path, text: str) -> None:
    async with asyncio.timeout(10):
        while text not in (folder / "logs" / "part.log").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_child_is_stopped_and_out_of_the_terminals_reach(tmp_path: Path) -> None:
    process = child(tmp_path, SLEEPER)
    await process.start()
    assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
    await process.stop()
    assert await process.ended() == "was ended by SIGTERM"


async def test_a_part_that_died_is_started_again(tmp_path: Path) -> None:
    said: list[str] = []
    keeper = Keeper(child(tmp_path, SLEEPER), said.append, lambda: None, Backoff(first=0.01))
    await keeper.start()
    await until_logged(tmp_path, "asleep")
    first = keeper.part.pid
    keeper.part.kill()
    async with asyncio.timeout(10):
        while len(said) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert said == ["part was ended by SIGKILL:\nasleep", "part was started again"]
    assert keeper.part.pid != first
    await keeper.stop()
    assert not psutil.pid_exists(keeper.part.pid)


async def test_a_part_that_keeps_dying_is_given_up(tmp_path: Path) -> None:
    said: list[str] = []
    part = child(tmp_path, "raise SystemExit('no key')")
    keeper = Keeper(part, said.append, lambda: None, Backoff(deaths=3, first=0.01))
    await keeper.start()
    with pytest.raises(CommandError, match="part keeps dying"):
        await asyncio.wait_for(keeper.task, 20)
    assert said.count("part exited with 1:\nno key") == 3
    await keeper.stop()


def test_pauses_grow_up_to_a_limit() -> None:
    pauses = [Backoff().pause(deaths) for deaths in range(1, 8)]
    assert pauses == [0.5, 1, 2, 4, 8, 8, 8]


def test_a_home_has_one_launcher(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    with held_lock(home), pytest.raises(CommandError, match="already") as refused, held_lock(home):
        pass
    assert refused.value.exit_code == 1
    with held_lock(home):
        pass


def test_ports_that_are_taken_are_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = free_ports([port, port])
        assert port not in chosen
        assert len(set(chosen)) == 2
        with pytest.raises(CommandError, match="--port"):
            refuse_if_taken("127.0.0.1", port)


def test_each_process_has_a_port_for_metrics_and_a_file_names_them(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    parts = [Part(name, (), {"A": "b"}, "", at_once) for name in ("ingest", "ingest-2", "web")]
    assert measured(parts, None) == parts
    [first] = free_ports([0])
    ours = measured(parts, first)
    ports = [part.environment["OTEL_EXPORTER_PROMETHEUS_PORT"] for part in ours]
    assert ports == [str(first), str(first + 1), str(first + 2)]
    told = json.loads(write_targets(home, ours, 9).read_text())
    assert [(one["targets"], one["labels"]["shadower_process"]) for one in told] == [
        ([f"127.0.0.1:{first}"], "ingest"),
        ([f"127.0.0.1:{first + 1}"], "ingest"),
        ([f"127.0.0.1:{first + 2}"], "web"),
        (["127.0.0.1:9"], "edge"),
    ]
    with pytest.raises(UsageError):
        measured(parts, 65534)
    with socket.create_server(("127.0.0.1", first + 1)), pytest.raises(CommandError):
        measured(parts, first)


def test_what_a_killed_launcher_left_is_stopped() -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as process:
        left = state_of(process.pid)
        stop_leftovers(StackState("http://127.0.0.1:1", "", (left,)))
        assert process_of(left) is None


def test_another_process_with_a_parts_number_is_left_alone() -> None:
    assert process_of(state_of(os.getpid())) is not None
    assert process_of(state_of(os.getpid(), started_at=1.0)) is None
    stop_leftovers(StackState("", "", (state_of(os.getpid(), started_at=1.0),)))


async def test_an_edge_that_does_not_listen_is_not_ready() -> None:
    [port] = free_ports([0])
    assert not await http_path("127.0.0.1", port, "/health")()


def test_status_tells_the_living_from_the_dead(tmp_path: Path) -> None:
    alive = state_of(os.getpid())
    parts = (alive, PartState("gone", os.getpid(), time.time() - 10**6))
    Home.at(tmp_path).write_state(StackState("http://127.0.0.1:1", "", parts))
    result = CliRunner().invoke(app, ["status", "--json", "--home", str(tmp_path)])
    found = {part["name"]: part for part in json.loads(result.stdout)["parts"]}
    assert result.exit_code == 1
    assert {name: part["state"] for name, part in found.items()} == {
        "part": "ready",
        "gone": "dead",
    }
    assert found["part"]["resident_mib"] > 1


def test_status_without_a_stack_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "nothing runs" in result.stdout


def test_every_service_of_the_stack_has_a_process_to_run() -> None:
    root = Path(__file__).parents[2]
    folders = [root.joinpath(*module_of(name).split(".")) for name in SERVICES]
    assert all((folder / "__main__.py").exists() for folder in folders)


@pytest.mark.parametrize("command", ["up", "status", "token", "load", "simulate", "migrate"])
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0, result.output
    assert "--home" in result.output


def test_replicas_are_processes_with_ports_of_their_own(tmp_path: Path) -> None:
    parts = service_parts(Home.at(tmp_path), "", "production", replicas_of(["ingest=3"]))
    ingest = [part for part in parts if part.service == SERVICES["ingest"]]
    assert [part.name for part in ingest] == ["ingest", "ingest-2", "ingest-3"]
    assert parts[: len(ingest)] == ingest
    assert len(parts) == len(SERVICES) + 2 == len({part.address for part in parts})
    assert all(part.environment["SHADOWER_LISTEN"] == part.address for part in parts)


def test_what_serves_browsers_knows_every_service_and_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    home = Home.at(tmp_path)
    web = web_part(home, "production")
    assert web.environment["SHADOWER_MESH"] == f"unix:{mesh_socket(home)}"
    assert web.address == web.environment["SHADOWER_LISTEN"]
    assert not {"DATABASE_URL", "REDIS_URL", "SHADOWER_MESH_KEY_FILE"} & web.environment.keys()


@pytest.mark.parametrize("asked", ["ingest", "ingest=0", "ingest=17", "ingest=two", "no=1", "=1"])
def test_replicas_of_nothing_known_are_refused(asked: str) -> None:
    with pytest.raises(UsageError, match=f"--replicas {asked}: say NAME=N"):
        replicas_of([asked])


def test_only_who_issues_tokens_of_the_mesh_has_its_key(tmp_path: Path) -> None:
    home = Home.at(tmp_path)
    parts = service_parts(home, "", "production", replicas_of([]))
    signing = {part.name for part in parts if "SHADOWER_MESH_KEY_FILE" in part.environment}
    assert signing == {"access", "reports", "scheduler", "upkeep"}
    assert all("SHADOWER_MESH_JWKS_FILE" in part.environment for part in parts)
    ensured_mesh_key(home)
    assert "d" in json.loads(mesh_key_file(home).read_text())
    assert mesh_key_file(home).stat().st_mode & 0o077 == 0
    assert all("d" not in key for key in json.loads(mesh_jwks_file(home).read_text())["keys"])


def test_tokens_of_an_issuer_count_at_the_edge_and_in_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "https://issuer.example/jwks.json"
    home = Home.at(tmp_path)
    for given in (address, ""):
        monkeypatch.setenv("SHADOWER_JWKS_URL", given)
        monkeypatch.setenv("SHADOWER_JWKS_FILE", "/somebody/elses.json")
        web = web_part(home, "production")
        services = service_parts(home, "", "production", replicas_of([]))
        names = {"SHADOWER_JWKS_URL", "SHADOWER_JWKS_FILE"}
        own = {"SHADOWER_JWKS_FILE": str(jwks_file(home))}
        for part in (*services, web):
            told = {name: part.environment[name] for name in names & part.environment.keys()}
            assert told == ({"SHADOWER_JWKS_URL": given} if given else own)
        model = edge_model(home, services, web, Listener("127.0.0.1", 8080, "production"))
        assert [one.url for one in model.issuers] == [given, ""]


def test_a_demo_has_no_tokens_where_those_of_an_issuer_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHADOWER_JWKS_URL", "https://issuer.example/jwks.json")
    result = CliRunner().invoke(app, ["up", "--demo", "--home", str(tmp_path / "home")])
    assert result.exit_code == USAGE
    assert not (tmp_path / "home").exists()
