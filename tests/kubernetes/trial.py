"""Installs, tests, upgrades and uninstalls the chart, and says what came of it."""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.kubernetes.cluster import Cluster
from tests.kubernetes.outside import make_database, make_secrets, values_with
from tests.kubernetes.processes import TrialError
from tests.kubernetes.programs import KUBERNETES, run
from tools.chart import CHART

KINDS = (
    "deployments,statefulsets,jobs,pods,services,configmaps,serviceaccounts,networkpolicies,"
    "poddisruptionbudgets,horizontalpodautoscalers,roles,rolebindings,secrets,"
    "persistentvolumeclaims,ingresses,certificates,issuers,servicemonitors,prometheusrules"
)
DEFINITIONS = {
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/prometheus-operator/prometheus-operator@v0.85.0": (
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
}
RESTRICTED = {
    f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")
}
INSTALL_SECONDS = 1500


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)  # noqa: T201


@dataclass(frozen=True)
class Trial:
    """One Helm against one cluster."""

    cluster: Cluster
    helm: Path

    @property
    def name(self) -> str:
        return self.helm.parent.name

    def call(self, *arguments: str, seconds: float = INSTALL_SECONDS) -> str:
        command = [str(self.helm), *arguments]
        return self.cluster.processes.run(command, more=self.cluster.told, seconds=seconds)

    def warns_of(self, output: str) -> list[str]:
        return [line for line in output.splitlines() if "warning" in line.lower()]


def install_definitions(cluster: Cluster) -> None:
    """Of what the chart knows beside Kubernetes, out of the modules that publish them."""
    for module, files in DEFINITIONS.items():
        found = json.loads(run(["go", "mod", "download", "-json", module], cluster.folder))
        for file in files:
            cluster.kubectl("apply", "--server-side", "-f", str(Path(found["Dir"], file)))
        say(f"definitions of {module}")


@contextmanager
def namespace(cluster: Cluster, name: str) -> Iterator[str]:
    """One that takes only pods which may do nothing, and warns of the others."""
    labels = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": RESTRICTED},
    }
    cluster.kubectl("create", "-f", "-", given=json.dumps(labels))
    yield name
    cluster.kubectl("delete", "namespace", name, "--timeout=120s", seconds=150)


def admission(trial: Trial) -> None:
    """The API server takes all objects of all values in ci/, and warns of none."""
    for values in sorted((CHART / "ci").glob("*-values.yaml")):
        with namespace(trial.cluster, f"{trial.name}-admission") as place:
            common = ["shadower", str(CHART), "--namespace", place, "--values", str(values)]
            output = trial.call("install", *common, "--dry-run=server", seconds=300)
            _refuse_warnings(trial, output)
            manifest = trial.call("template", *common, f"--kube-version={KUBERNETES}", seconds=300)
            applied = trial.cluster.kubectl(
                "apply", "--server-side", "--dry-run=server", "-n", place, "-f", "-", given=manifest
            )
            _refuse_warnings(trial, applied)
            count = len(applied.splitlines())
            say(f"{trial.name}: {values.name}: {count} objects taken by the API server, no warning")


def _refuse_warnings(trial: Trial, output: str) -> None:
    if trial.warns_of(output):
        raise TrialError("\n".join(trial.warns_of(output)))


@dataclass(frozen=True)
class Outside:
    """Passwords of what runs beside the cluster."""

    database: str
    redis_url: str


def life(trial: Trial, outside: Outside, image: str) -> None:
    """Installs it with what is there already; tests, upgrades, tests again, uninstalls."""
    place = trial.name
    with namespace(trial.cluster, place):
        url = make_database(trial.cluster, outside.database, place)
        make_secrets(trial.cluster, place, url, outside.redis_url)
        before = _everything(trial, place)
        _installed(trial, place, values_with(_for_a_small_node(image)))
        changed = {"logLevel": "debug", "commonLabels": {"team": "trial"}}
        _upgraded(trial, place, values_with({**_for_a_small_node(image), **changed}))
        _uninstalled(trial, place, before)


def life_alone(trial: Trial, image: str) -> None:
    """The same with nothing but the chart: dev.enabled makes what it lacks."""
    place = f"{trial.name}-dev"
    with namespace(trial.cluster, place):
        before = _everything(trial, place)
        servers = {"postgres": {"storage": ""}}
        _installed(trial, place, {**_for_a_small_node(image), "dev": {"enabled": True, **servers}})
        _uninstalled(trial, place, before)


def _for_a_small_node(image: str) -> Mapping[str, object]:
    repository, _, tag = image.rpartition(":")
    registry, _, name = repository.rpartition("/")
    return {
        "image": {"registry": registry, "repository": name, "tag": tag, "pullPolicy": "Never"},
        "defaults": {
            "replicas": 1,
            "startupSeconds": 900,
            "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}},
        },
        "components": {
            name: {"resources": {"requests": {"cpu": "10m", "memory": "32Mi"}}}
            for name in ("edge", "mesh")
        },
    }


def _installed(trial: Trial, place: str, values: Mapping[str, object]) -> None:
    output = _release(trial, "install", place, values)
    _refuse_warnings(trial, output)
    say(f"{place}: installed, and all pods are ready")
    _tested(trial, place)


def _upgraded(trial: Trial, place: str, values: Mapping[str, object]) -> None:
    jobs = _names(trial, "jobs", place)
    _refuse_warnings(trial, _release(trial, "upgrade", place, values))
    if _names(trial, "jobs", place) != jobs:
        raise TrialError("the migration of the same version has another name")
    say(f"{place}: upgraded, and all pods are ready")
    _tested(trial, place)


def _release(trial: Trial, verb: str, place: str, values: Mapping[str, object]) -> str:
    file = trial.cluster.folder / f"{place}-{verb}.yaml"
    file.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
    options = [
        "--namespace",
        place,
        "--values",
        str(file),
        "--wait",
        "--timeout",
        f"{INSTALL_SECONDS}s",
    ]
    try:
        return trial.call(verb, "shadower", str(CHART), *options, seconds=INSTALL_SECONDS + 60)
    except TrialError as failed:
        raise TrialError(f"{failed}\n{_why(trial, place)}") from failed


def _why(trial: Trial, place: str) -> str:
    pods = trial.cluster.kubectl("get", "pods", "-n", place, "-o", "wide")
    events = trial.cluster.kubectl("get", "events", "-n", place, "--sort-by=.lastTimestamp")
    return f"{pods}\n{events[-6000:]}"


def _tested(trial: Trial, place: str) -> None:
    output = trial.call("test", "shadower", "--namespace", place, seconds=300)
    for line in output.splitlines():
        if "Phase" in line:
            say(f"{place}: helm test: {line.strip()}")


def _uninstalled(trial: Trial, place: str, before: set[str]) -> None:
    trial.call(
        "uninstall", "shadower", "--namespace", place, "--wait", "--timeout", "180s", seconds=200
    )
    until = time.monotonic() + 90
    while (left := _everything(trial, place) - before) and time.monotonic() < until:
        time.sleep(2)
    if left:
        raise TrialError(f"uninstall leaves {', '.join(sorted(left))}")
    say(f"{place}: uninstalled, and nothing is left")


def _names(trial: Trial, kinds: str, place: str) -> set[str]:
    found = trial.cluster.kubectl("get", kinds, "-n", place, "-o", "name", "--ignore-not-found")
    return {line for line in found.splitlines() if "/" in line}


def _everything(trial: Trial, place: str) -> set[str]:
    return _names(trial, KINDS, place)


def image_of(archive: Path) -> str:
    """The name that an archive of `docker save` gives its image."""
    command = ["tar", "-xOf", str(archive), "manifest.json"]
    found = subprocess.run(command, check=True, capture_output=True)
    return str(json.loads(found.stdout)[0]["RepoTags"][0])
