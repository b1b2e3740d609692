"""What the chart consists of: its components, and what each object of theirs may do."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from cli.stack.services import SERVICES
from tests.support.chart import (
    CI,
    DEV,
    chart,
    container_of,
    environment,
    named,
    of_ci,
    of_kind,
    pod_specs,
    rendered,
)
from tools.chart import CHART, made

OTHERS = {"writer", "web", "edge", "mesh"}


def test_each_service_of_a_stack_is_a_component() -> None:
    components = chart().values["components"]
    assert set(components) == set(SERVICES) | OTHERS
    assert {name: components[name]["service"] for name in SERVICES} == SERVICES


@pytest.mark.parametrize("name", CI)
def test_no_two_objects_and_no_two_variables_have_one_name(name: str) -> None:
    objects = of_ci(name)
    names = Counter((one["kind"], one["metadata"]["name"]) for one in objects)
    assert set(names.values()) == {1}
    for _, spec in pod_specs(objects):
        for container in spec["containers"]:
            told = Counter(one["name"] for one in container.get("env", ()))
            assert set(told.values()) <= {1}


@pytest.mark.parametrize("name", CI)
def test_pods_may_do_nothing_that_restricted_namespaces_forbid(name: str) -> None:
    for owner, spec in pod_specs(of_ci(name)):
        assert spec["securityContext"]["runAsNonRoot"], owner
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        # Only what makes Secrets speaks to the cluster.
        assert spec["automountServiceAccountToken"] is ("dev-secrets" in owner)
        for container in (*spec["containers"], *spec.get("initContainers", ())):
            may = container["securityContext"]
            assert may["allowPrivilegeEscalation"] is False
            assert may["capabilities"] == {"drop": ["ALL"]}
            assert may.get("readOnlyRootFilesystem", False) or owner.endswith("dev-kafka")


@pytest.mark.parametrize("name", CI)
def test_no_secret_is_in_what_is_rendered(name: str) -> None:
    objects = of_ci(name)
    assert not of_kind(objects, "Secret")
    text = json.dumps(objects)
    assert "PRIVATE KEY" not in text
    assert not re.search(r"://[^/@\s\"]*:[^/@\s\"]+@", text)


def test_another_entry_in_values_is_another_service() -> None:
    more = {"components": {"billing": {"service": "acme.Billing", "uses": ["database", "mesh"]}}}
    objects = rendered({**DEV, **more})
    container = container_of(objects, "billing")
    assert container["args"] == ["serve", "billing"]
    assert container["readinessProbe"]["grpc"] == {"port": 50052, "service": "acme.Billing"}
    for kind in ("Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy"):
        assert named(objects, kind, "billing")
    told = json.loads(environment(container_of(objects, "edge"))["SHADOWER_EDGE_SERVICES"])
    assert told["billing"] == "sh-shadower-analytics-billing.ns.svc.cluster.local:50051"


def test_only_who_signs_tokens_sees_the_key() -> None:
    signs = set()
    for one in of_kind(of_ci("external-values.yaml"), "Deployment"):
        if "mesh-key.json" in json.dumps(one):
            signs.add(one["metadata"]["labels"]["app.kubernetes.io/component"])
    assert signs == {"access", "scheduler", "reports", "upkeep"}


def test_only_the_edge_is_open_and_nothing_else_lets_outsiders_in() -> None:
    policies = of_kind(of_ci("external-values.yaml"), "NetworkPolicy")
    open_to_all = [
        one["metadata"]["name"]
        for one in policies
        for rule in one["spec"]["ingress"]
        if "from" not in rule
    ]
    assert open_to_all == ["sh-shadower-analytics-edge"]
    of_metrics = named(policies, "NetworkPolicy", "metrics")["spec"]["ingress"]
    (rule,) = of_metrics
    assert rule["ports"] == [{"port": 50051}]
    kinds = [
        one["podSelector"]["matchLabels"].get("shadower.dev/kind")
        or one["podSelector"]["matchLabels"]["shadower.dev/uses-checks"]
        for one in rule["from"]
    ]
    assert kinds == ["edge", "mesh", "true"]


def test_who_is_scaled_has_no_number_of_replicas() -> None:
    objects = of_ci("external-values.yaml")
    assert "replicas" not in named(objects, "Deployment", "metrics")["spec"]
    (metric,) = named(objects, "HorizontalPodAutoscaler", "metrics")["spec"]["metrics"]
    assert metric["resource"]["target"] == {"type": "AverageValue", "averageValue": "600m"}
    assert named(objects, "Deployment", "scheduler")["spec"]["replicas"] == 2
    assert "sh-shadower-analytics-scheduler" not in [
        one["metadata"]["name"] for one in of_kind(objects, "HorizontalPodAutoscaler")
    ]


def test_who_keeps_files_in_its_pod_is_one() -> None:
    objects = rendered({**DEV, "defaults": {"autoscaling": {"enabled": True}}})
    assert named(objects, "Deployment", "reports")["spec"]["replicas"] == 1
    scaled = {
        one["metadata"]["name"].rpartition("-")[2]
        for one in of_kind(objects, "HorizontalPodAutoscaler")
    }
    assert "metrics" in scaled
    assert "reports" not in scaled


def test_each_component_has_a_certificate_that_it_mounts() -> None:
    objects = of_ci("external-values.yaml")
    mounted = {
        volume["secret"]["secretName"]
        for one in of_kind(objects, "Deployment")
        for volume in one["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "tls"
    }
    issued = {
        one["spec"]["secretName"]
        for one in of_kind(objects, "Certificate")
        if not one["spec"].get("isCA")
    }
    assert mounted == issued
    assert len(issued) == len(SERVICES) + len(OTHERS)


def test_figures_of_a_process_are_told_apart_as_dashboards_do_it() -> None:
    monitors = of_kind(of_ci("external-values.yaml"), "ServiceMonitor")
    assert len(monitors) == len(SERVICES) + len(OTHERS)
    monitor = named(monitors, "ServiceMonitor", "edge")
    (endpoint,) = monitor["spec"]["endpoints"]
    assert endpoint["path"] == "/stats/prometheus"
    assert endpoint["relabelings"] == [{"targetLabel": "shadower_process", "replacement": "edge"}]


def test_others_are_of_one_version_wherever_they_are_named() -> None:
    root = CHART.parents[1]
    composed = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("postgres", "valkey", "kafka"):
        assert chart().values["dev"][name]["image"].endswith(composed[name]["image"])
    tracing = (root / "docs" / "operations" / "tracing.md").read_text(encoding="utf-8")
    assert composed["jaeger"]["image"] in tracing


def test_what_is_made_is_as_it_would_be_made() -> None:
    for path, text in made().items():
        assert Path(path).read_text(encoding="utf-8") == text, path
