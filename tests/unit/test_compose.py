"""What compose.yaml and the Dockerfile promise: nothing is open, unbounded, or a secret."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.containers.programs import EDGE, PROGRAMS
from cli.stack.services import ISSUERS, SERVICES, WRITER, module_of
from services.upkeep.settings import UpkeepSettings

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: one for name, one in CONTAINERS.items() if "SHADOWER_IMAGE" in one["image"]}
SOCKET = "unix:/run/shadower/{}.sock"


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_is_guarded_and_bounded(name: str) -> None:
    container = CONTAINERS[name]
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]
    assert container["mem_limit"]
    assert container["pids_limit"]
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & container.keys()
    assert all(port.startswith("127.0.0.1:") for port in container.get("ports", []))
    assert not any("docker.sock" in volume for volume in container.get("volumes", []))


@pytest.mark.parametrize("name", sorted(CONTAINERS.keys() - OURS.keys()))
def test_an_image_of_others_has_a_version(name: str) -> None:
    assert re.search(r":v?\d+\.\d+\.\d+|:18\.\d+", CONTAINERS[name]["image"])


def test_all_processes_run_and_listen_where_they_are_looked_for() -> None:
    for name in PROGRAMS:
        assert OURS[name]["command"] == ["serve", name]
        if name != EDGE:
            assert OURS[name]["environment"]["SHADOWER_LISTEN"] == SOCKET.format(name)
    known = json.loads(OURS["edge"]["environment"]["SHADOWER_EDGE_SERVICES"])
    assert known == {name: SOCKET.format(name) for name in (*SERVICES, "web")}
    told = {
        name.lower().removeprefix("shadower_"): value
        for name, value in OURS["upkeep"]["environment"].items()
        if name in ("SHADOWER_CHECKED_SERVICES", "SHADOWER_JWKS_FILE")
    }
    assert UpkeepSettings(DATABASE_URL="unused", **told).checked == {
        service: [SOCKET.format(name)]
        for name, service in {**SERVICES, WRITER.name: WRITER.service}.items()
    }


def _mounts(volume: str) -> set[str]:
    return {
        name
        for name, container in CONTAINERS.items()
        if any(str(one).startswith(f"{volume}:") for one in container.get("volumes", []))
    }


def test_only_those_have_a_secret_who_need_it() -> None:
    stored = {*SERVICES, WRITER.name}
    assert _mounts("issuer") == {"prepare", "demo", "token"}
    signing = {name for name in SERVICES if module_of(name) in ISSUERS}
    assert _mounts("mesh") == {"prepare", *signing}
    assert _mounts("database") == {"prepare", "migrate", *stored}
    assert _mounts("server") == {"prepare", "postgres"}
    assert _mounts("sealing") == {"prepare", "notifications"}
    assert _mounts("valkey") == {"valkey", *stored}
    assert "data" not in {*OURS["edge"]["networks"], *OURS["web"]["networks"]}


def test_the_image_has_rooms_for_what_is_mounted() -> None:
    """A new volume takes over whose room is: of one that the image lacks, only root could write."""
    mounts = [str(one) for ours in OURS.values() for one in ours.get("volumes", [])]
    wanted = {found[1] for one in mounts if (found := re.search(r":/var/lib/shadower/(\w+)", one))}
    made = re.findall(r"/rooms/(\w+)", (ROOT / "Dockerfile").read_text())
    assert wanted <= set(made)
    assert "sealing" in wanted


SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|SMTP_URL|DATABASE_URL", re.IGNORECASE)
NONE_WITHIN = re.compile(r"\$\{\w+:-\}|/[\w./-]+|postgresql://shadower@postgres/shadower")


def test_no_secret_is_written_down() -> None:
    told = {
        (name, variable): str(value)
        for name, container in CONTAINERS.items()
        for variable, value in container.get("environment", {}).items()
        if SECRET.search(variable) and value is not None
    }
    assert ("postgres", "POSTGRES_PASSWORD_FILE") in told
    assert not {who: value for who, value in told.items() if not NONE_WITHIN.fullmatch(value)}


HANDED_ON = {
    "notifications": {"SHADOWER_SMTP_FROM", "SHADOWER_NOTIFICATION_KEY"},
    "reports": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL"},
    "metrics": {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"},
    "edge": {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"},
}


@pytest.mark.parametrize("name", HANDED_ON)
def test_what_the_documents_offer_is_handed_on(name: str) -> None:
    told = CONTAINERS[name]["environment"]
    for variable in HANDED_ON[name]:
        assert told[variable] in (None, f"${{{variable}:-}}")
    documented = (ROOT / "docs" / "operations" / "containers.md").read_text()
    assert all(f"`{variable}`" in documented for variable in HANDED_ON[name])


def test_from_stored_data_there_is_no_way_out() -> None:
    internal = {name for name, one in COMPOSE["networks"].items() if one.get("internal")}
    for name in ("postgres", "kafka", "migrate"):
        assert set(CONTAINERS[name]["networks"]) <= internal
    assert CONTAINERS["valkey"]["network_mode"] == "none"
    leaving = {name for name in SERVICES if not set(CONTAINERS[name]["networks"]) <= internal}
    assert leaving == {"notifications", "reports"}


def test_prometheus_asks_every_process() -> None:
    file = ROOT / "observability" / "compose" / "prometheus.yaml"
    jobs = yaml.safe_load(file.read_text())["scrape_configs"]
    asked = [one for job in jobs for one in job["static_configs"]]
    assert {one["labels"]["shadower_process"] for one in asked} == set(PROGRAMS)
    for one in asked:
        [target] = one["targets"]
        assert target.split(":")[0] == one["labels"]["shadower_process"]


def test_the_last_stage_of_the_image_runs_nothing_and_ends_as_nobody() -> None:
    stages = re.split(r"^FROM .*\n", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    instructions = re.findall(r"^([A-Z]+) (.*)", stages[-1], flags=re.MULTILINE)
    assert "RUN" not in dict(instructions)
    assert dict(instructions)["USER"] == "10001:10001"
    assert json.loads(dict(instructions)["ENTRYPOINT"]) == ["shadower"]
    assert json.loads(stages[-1].split("CMD ")[1].splitlines()[0]) == ["shadower", "probe"]


def test_what_is_not_named_does_not_come_near_an_image() -> None:
    named = (ROOT / ".dockerignore").read_text().splitlines()
    assert named[1] == "*"
    kept = {line.removeprefix("!") for line in named if line.startswith("!")}
    assert not {".git", "tests", "tools", ".shadower"} & kept
