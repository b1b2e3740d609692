"""Who brings the schema up to date in a cluster, and which Jobs run again."""

import re
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.chart import (
    DEV,
    Object,
    container_of,
    environment,
    helm,
    mounts_are_there,
    named,
    of_ci,
    of_kind,
    rendered,
)
from tools.chart import CHART


def migration_of(values: Mapping[str, Any], **options: Any) -> Any:
    (job,) = (
        one
        for one in of_kind(rendered(values, **options), "Job")
        if "-migrate-" in one["metadata"]["name"]
    )
    return job


def test_a_version_has_a_migration_of_its_own_and_keeps_it() -> None:
    first = migration_of(DEV)
    assert "helm.sh/hook" not in first["metadata"].get("annotations", {})
    upgraded = migration_of({**DEV, "logLevel": "debug"}, revision=7, is_upgrade=True)
    assert upgraded["spec"] == first["spec"]
    assert upgraded["metadata"]["name"] == first["metadata"]["name"]
    newer = migration_of({**DEV, "image": {"tag": "9.9.9"}})
    assert newer["metadata"]["name"] != first["metadata"]["name"]


# Each is in a Job's pod, or in labels of all objects; what a Job has there cannot be changed.
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "labels": {"commonLabels": {"team": "a"}},
    "pod": {
        "imagePullSecrets": [{"name": "a"}],
        "podSecurityContext": {"runAsUser": 5},
        "serviceAccount": {"create": False},
    },
    "placement": {"migrations": {"tolerations": [{"key": "a", "operator": "Exists"}]}},
}


def templates_of_jobs(objects: list[Object]) -> dict[str, Any]:
    return {
        one["metadata"]["name"]: one["spec"]["template"] for one in objects if one["kind"] == "Job"
    }


@cache
def first_jobs() -> dict[str, Any]:
    return templates_of_jobs(rendered(DEV))


@pytest.mark.parametrize("change", CHANGES)
def test_a_job_that_keeps_its_name_keeps_its_pod(change: str) -> None:
    changed = templates_of_jobs(rendered({**DEV, **CHANGES[change]}))
    assert len(changed) == 2
    for name, template in changed.items():
        assert first_jobs().get(name, template) == template
    if change == "labels":
        assert changed == first_jobs()


def test_another_version_of_the_chart_alone_runs_no_job_again(tmp_path: Path) -> None:
    newer = shutil.copytree(CHART, tmp_path / CHART.name)
    told = newer / "Chart.yaml"
    text = re.sub(r"(?m)^version: .*$", "version: 9.9.9", told.read_text(encoding="utf-8"))
    told.write_text(text, encoding="utf-8")
    objects = rendered(DEV, of=helm.Chart.load(newer))
    assert "9.9.9" in objects[0]["metadata"]["labels"]["helm.sh/chart"]
    assert templates_of_jobs(objects) == first_jobs()


OF_PODS = {
    "extraEnv": [{"name": "PGSSLROOTCERT", "value": "/etc/database/ca.crt"}],
    "extraEnvFrom": [{"secretRef": {"name": "more"}}],
    "extraVolumes": [{"name": "ca", "secret": {"secretName": "database-ca"}}],
    "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/database"}],
}


def test_a_migration_can_be_given_what_components_can() -> None:
    placed = {
        "nodeSelector": {"pool": "a"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
        "affinity": {"podAffinity": {}},
        "priorityClassName": "high",
    }
    of_pod = {"podLabels": {"a": "b"}, "podAnnotations": {"sidecar.istio.io/inject": "false"}}
    job = migration_of({**DEV, "migrations": {**OF_PODS, **placed, **of_pod}})
    template = job["spec"]["template"]
    assert template["metadata"]["labels"]["a"] == "b"
    assert template["metadata"]["annotations"] == of_pod["podAnnotations"]
    assert {key: template["spec"][key] for key in placed} == placed
    container = template["spec"]["containers"][0]
    assert environment(container)["PGSSLROOTCERT"] == "/etc/database/ca.crt"
    assert environment(container)["SHADOWER_MIGRATE_WAIT_SECONDS"] == "600"
    assert container["envFrom"] == OF_PODS["extraEnvFrom"]
    mounts_are_there(template["spec"], container)


def test_so_can_one_before_each_process() -> None:
    volumes = OF_PODS["extraVolumes"]
    values = {
        **DEV,
        "migrations": {**OF_PODS, "mode": "initContainer"},
        "components": {"metrics": {"extraVolumes": volumes}},
    }
    objects = rendered(values)
    for name in ("metrics", "alerts"):
        pod = named(objects, "Deployment", name)["spec"]["template"]["spec"]
        mounts_are_there(pod, pod["initContainers"][0])


def test_a_migration_may_have_a_role_of_its_own_and_reads_another_database() -> None:
    objects = of_ci("external-values.yaml")
    (job,) = of_kind(objects, "Job")
    spec = job["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "sh-shadower-analytics-migrate"
    secret = {"name": "shadower-database"}
    told = environment(spec["containers"][0])
    assert told["DATABASE_URL"] == {"secretKeyRef": {**secret, "key": "owner-url"}}
    told = environment(container_of(objects, "metrics"))
    assert told["DATABASE_URL"] == {"secretKeyRef": {**secret, "key": "url"}}
    assert told["DATABASE_READ_URL"] == {"secretKeyRef": {**secret, "key": "read-url"}}


def test_pods_may_bring_the_schema_up_to_date_instead() -> None:
    objects = of_ci("mesh-values.yaml")
    assert not of_kind(objects, "Job")
    spec = named(objects, "Deployment", "metrics")["spec"]["template"]["spec"]
    assert [one["name"] for one in spec["initContainers"]] == ["migrate"]
    edge = named(objects, "Deployment", "edge")["spec"]["template"]["spec"]
    assert "initContainers" not in edge
