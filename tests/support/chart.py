"""The chart, as Helm renders it, and what is looked for in it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from tools.chart import CHART

helm = pytest.importorskip("helm_python", reason="its wheel is for glibc's Linux, macOS, Windows")
Object = Mapping[str, Any]
CI = sorted(one.name for one in (CHART / "ci").glob("*-values.yaml"))
DEV = {"dev": {"enabled": True}}


def values_of_ci(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((CHART / "ci" / name).read_text(encoding="utf-8")))


@cache
def chart() -> Any:
    return helm.Chart.load(CHART)


def rendered(values: Mapping[str, Any], of: Any = None, **options: Any) -> list[Object]:
    files = (of or chart()).render(dict(values), name="sh", namespace="ns", **options)
    manifests = [text for name, text in files.items() if not name.endswith(".txt")]
    return [one for text in manifests for one in yaml.safe_load_all(text) if one]


@cache
def of_ci(name: str) -> list[Object]:
    return rendered(values_of_ci(name))


def named(objects: list[Object], kind: str, name: str) -> Any:
    (found,) = (
        one
        for one in objects
        if one["kind"] == kind and one["metadata"]["name"] == f"sh-shadower-analytics-{name}"
    )
    return found


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [one for one in objects if one["kind"] in kinds]


def pod_specs(objects: list[Object]) -> Iterator[tuple[str, Any]]:
    for one in objects:
        name = one["metadata"]["name"]
        if one["kind"] == "Pod":
            yield name, one["spec"]
        if one["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield name, one["spec"]["template"]["spec"]


def environment(container: Any) -> dict[str, Any]:
    return {one["name"]: one.get("value", one.get("valueFrom")) for one in container["env"]}


def container_of(objects: list[Object], name: str) -> Any:
    return named(objects, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]


def mounts_are_there(pod: Any, container: Any) -> None:
    mounted = {one["name"] for one in container["volumeMounts"]}
    volumes = [one["name"] for one in pod["volumes"]]
    assert "ca" in mounted <= set(volumes)
    assert len(volumes) == len(set(volumes))
