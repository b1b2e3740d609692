"""The chart, as Helm renders it: what each value promises an operator, and what is refused."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.stack.services import SERVICES
from tools.chart import CHART, described, made

helm = pytest.importorskip("helm_python", reason="its wheel is for glibc's Linux, macOS, Windows")
Object = Mapping[str, Any]
OTHERS = {"writer", "web", "edge", "mesh"}
CI = sorted(one.name for one in (CHART / "ci").glob("*-values.yaml"))
DEV = {"dev": {"enabled": True}}


@cache
def chart() -> Any:
    return helm.Chart.load(CHART)


def rendered(values: Mapping[str, Any], of: Any = None, **options: Any) -> list[Object]:
    files = (of or chart()).render(dict(values), name="sh", namespace="ns", **options)
    manifests = [text for name, text in files.items() if not name.endswith(".txt")]
    return [one for text in manifests for one in yaml.safe_load_all(text) if one]


@cache
def of_ci(name: str) -> list[Object]:
    return rendered(yaml.safe_load((CHART / "ci" / name).read_text(encoding="utf-8")))


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


def mounts_are_there(pod: Any, container: Any) -> None:
    mounted = {one["name"] for one in container["volumeMounts"]}
    volumes = [one["name"] for one in pod["volumes"]]
    assert "ca" in mounted <= set(volumes)
    assert len(volumes) == len(set(volumes))


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


def checked(**more: Any) -> list[str]:
    values = yaml.safe_load((CHART / "ci" / "external-values.yaml").read_text(encoding="utf-8"))
    (pod,) = of_kind(rendered({**values, **more}), "Pod")
    arguments = pod["spec"]["containers"][0]["args"]
    mounted = {one["mountPath"] for one in pod["spec"]["containers"][0]["volumeMounts"]}
    assert ("/etc/shadower/public" in mounted) is ("--authority-file" in arguments)
    return list(map(str, arguments))


def test_the_edge_is_tested_by_the_name_that_its_certificate_is_for() -> None:
    assert checked()[-2:] == ["--server-name", "analytics.example.org"]
    of_test = {"serverName": "other.example.org", "caSecret": "public-ca"}
    assert checked(tests=of_test)[-4:] == [
        "--server-name",
        "other.example.org",
        "--authority-file",
        "/etc/shadower/public/ca.crt",
    ]


def notes_of(values: Mapping[str, Any]) -> str:
    files = chart().render(dict(values), name="sh", namespace="ns")
    (text,) = (text for name, text in files.items() if name.endswith("NOTES.txt"))
    return str(text)


def test_notes_say_how_to_call_the_edge_and_what_is_missing() -> None:
    values = yaml.safe_load((CHART / "ci" / "external-values.yaml").read_text(encoding="utf-8"))
    said = notes_of(values)
    assert "curl --connect-to ::127.0.0.1:8080 https://analytics.example.org/health" in said
    assert "http://127.0.0.1" not in said
    assert "notifications.existingSecret" not in said
    assert "notifications.existingSecret" in notes_of({**values, "notifications": {}})


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


def test_without_kafka_there_is_no_writer() -> None:
    with_one, without = of_ci("external-values.yaml"), of_ci("mesh-values.yaml")
    assert container_of(with_one, "writer")["args"] == ["serve", "writer"]
    assert not [one for one in without if one["metadata"]["name"].endswith("-writer")]
    assert "KAFKA_BROKERS" not in environment(container_of(without, "ingest"))


def test_kafka_is_spoken_to_as_whoever_its_secrets_say() -> None:
    objects = of_ci("external-values.yaml")
    told = environment(container_of(objects, "writer"))
    assert told["KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"
    assert told["KAFKA_SASL_MECHANISM"] == "SCRAM-SHA-512"
    for setting, key in (("USERNAME", "username"), ("PASSWORD", "password")):
        reference = {"secretKeyRef": {"name": "shadower-kafka", "key": key}}
        assert told[f"KAFKA_SASL_{setting}"] == reference
    assert files_of(objects, "writer", "kafka") == {
        told["KAFKA_SSL_CA_FILE"]: "kafka-authority",
        told["KAFKA_SSL_CERTIFICATE_FILE"]: "shadower-kafka-tls",
        told["KAFKA_SSL_KEY_FILE"]: "shadower-kafka-tls",
    }
    assert not files_of(objects, "edge", "kafka")
    assert "KAFKA_SASL_PASSWORD" not in environment(container_of(objects, "edge"))


def files_of(objects: list[Object], name: str, volume: str) -> dict[str, str]:
    """Of a projected volume: where a container finds each, and of which Secret it is."""
    spec = named(objects, "Deployment", name)["spec"]["template"]["spec"]
    mounts = spec["containers"][0]["volumeMounts"]
    folders = [one["mountPath"] for one in mounts if one["name"] == volume]
    sources = [
        source["secret"]
        for one in spec["volumes"]
        if one["name"] == volume
        for source in one["projected"]["sources"]
    ]
    return {
        f"{folder}/{item['path']}": secret["name"]
        for folder in folders
        for secret in sources
        for item in secret["items"]
    }


def test_a_pod_lives_longer_than_its_calls() -> None:
    spec = named(rendered({**DEV, "drainSeconds": 40}), "Deployment", "metrics")["spec"]
    pod = spec["template"]["spec"]
    waits = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > waits + 40


def test_what_an_operator_says_counts_before_what_the_chart_says() -> None:
    own = [{"name": "SHADOWER_LISTEN", "value": "0.0.0.0:1"}]
    values = {**DEV, "defaults": {"env": {"A": 1}}, "components": {"alerts": {"extraEnv": own}}}
    told = environment(container_of(rendered(values), "alerts"))
    assert (told["A"], told["SHADOWER_LISTEN"]) == ("1", "0.0.0.0:1")


def test_another_setting_makes_other_pods() -> None:
    def checksum(values: Mapping[str, Any]) -> str:
        template = named(rendered(values), "Deployment", "metrics")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/settings"])

    assert checksum(DEV) == checksum({**DEV, "drainSeconds": 10})
    assert checksum(DEV) != checksum({**DEV, "logLevel": "debug"})


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


@pytest.mark.parametrize("prefix", ["https://git.example/shadower/blob/main", ""])
def test_links_to_runbooks_lead_there_for_who_says_where_they_are(prefix: str) -> None:
    values = yaml.safe_load((CHART / "ci" / "external-values.yaml").read_text(encoding="utf-8"))
    values["monitoring"]["prometheusRule"]["runbookUrl"] = prefix and f"{prefix}/"
    groups = [
        group
        for one in of_kind(rendered(values), "PrometheusRule")
        for group in one["spec"]["groups"]
    ]
    links = {
        rule["annotations"]["runbook_url"]
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    page = f"{prefix}/docs/operations/runbooks.md#" if prefix else "docs/operations/runbooks.md#"
    assert links
    assert all(link.startswith(page) for link in links)


WRONG: dict[str, tuple[Mapping[str, Any], str]] = {
    "/databse": ({"databse": {}}, "'databse'"),
    "/database/url": ({"database": {"url": "postgresql://a:b@h/d"}}, "'/database/url'"),
    "/redis/url": ({"redis": {"url": "redis://:secret@h"}}, "'/redis/url'"),
    "/components/metrics": ({"components": {"metrics": {"replica": 1}}}, "'replica'"),
    "/components/x/uses": ({"components": {"x": {"uses": ["disk"]}}}, "'/components/x/uses/0'"),
    "/defaults/replicas": ({"defaults": {"replicas": "two"}}, "'/defaults/replicas'"),
    "/ports/grpc": ({"ports": {"grpc": 0}}, "'/ports/grpc'"),
    "/image/pullPolicy": ({"image": {"pullPolicy": "Sometimes"}}, "'/image/pullPolicy'"),
    "/mesh/tls/source": ({"mesh": {"tls": {"source": "self"}}}, "'/mesh/tls/source'"),
    "database": ({}, "database.existingSecret:"),
    "identity": ({"database": {"existingSecret": "a"}}, "identity.jwksUrl:"),
    "objects": (
        {
            "database": {"existingSecret": "a"},
            "identity": {"jwksUrl": "https://a", "issuer": "https://a"},
            "mesh": {"keys": {"existingSecret": "a"}},
        },
        "objects.url:",
    ),
    "generated": (
        {
            "database": {"existingSecret": "a"},
            "identity": {"jwksUrl": "https://a", "issuer": "https://a"},
            "mesh": {"keys": {"existingSecret": "a"}, "tls": {"source": "generated"}},
            "objects": {"url": "s3://reports"},
        },
        "mesh.tls.source:",
    ),
}


EXTERNAL = {
    "identity": {"jwksUrl": "https://a", "issuer": "https://a"},
    "mesh": {"keys": {"existingSecret": "a"}},
    "database": {"existingSecret": "a"},
    "objects": {"url": "s3://reports"},
}
WRONG |= {
    "keys of no Secret": (
        {**EXTERNAL, "database": {"url": "postgresql://h/d", "readUrlKey": "read"}},
        "database.url:",
    ),
    "issuers": ({**DEV, "identity": {"issuer": "https://mesh.shadower.dev"}}, "mesh.issuer:"),
    "hosts": ({**DEV, "edge": {"ingress": {"enabled": True}}}, "edge.ingress.hosts:"),
    "ports": ({**DEV, "ports": {"health": 50051}}, "ports.health: 50051 is ports.grpc"),
    "port of the edge": ({**DEV, "ports": {"edge": 9464}}, "ports.edge: 9464 is ports.metrics"),
    "SASL as nobody": (
        {**EXTERNAL, "kafka": {"brokers": "a:1", "securityProtocol": "SASL_SSL"}},
        "kafka.sasl.existingSecret:",
    ),
    "a user in plain": (
        {**EXTERNAL, "kafka": {"brokers": "a:1", "sasl": {"existingSecret": "a"}}},
        "kafka.sasl.existingSecret:",
    ),
    "authorities in plain": (
        {**EXTERNAL, "kafka": {"brokers": "a:1", "tls": {"authoritySecret": "a"}}},
        "kafka.tls.authoritySecret:",
    ),
    "TLS to nobody": (
        {**EXTERNAL, "kafka": {"securityProtocol": "SSL"}},
        "kafka.securityProtocol:",
    ),
    "files of a pod": (
        {**EXTERNAL, "objects": {"url": "file:///srv/objects"}},
        "components.reports.replicas=1",
    ),
}


def test_who_keeps_files_in_its_pod_is_one() -> None:
    objects = rendered({**DEV, "defaults": {"autoscaling": {"enabled": True}}})
    assert named(objects, "Deployment", "reports")["spec"]["replicas"] == 1
    scaled = {
        one["metadata"]["name"].rpartition("-")[2]
        for one in of_kind(objects, "HorizontalPodAutoscaler")
    }
    assert "metrics" in scaled
    assert "reports" not in scaled


@pytest.mark.parametrize("key", WRONG)
def test_wrong_values_are_refused_by_the_name_of_their_key(key: str) -> None:
    values, said = WRONG[key]
    with pytest.raises(helm.HelmError, match=re.escape(said)):
        rendered(values)


def objects_of_schema(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, schema
    for name, one in schema.get("properties", {}).items():
        yield from objects_of_schema(one, f"{path}.{name}" if path else name)


def test_others_are_of_one_version_wherever_they_are_named() -> None:
    root = CHART.parents[1]
    composed = yaml.safe_load((root / "compose.yaml").read_text(encoding="utf-8"))["services"]
    for name in ("postgres", "valkey", "kafka"):
        assert chart().values["dev"][name]["image"].endswith(composed[name]["image"])
    tracing = (root / "docs" / "operations" / "tracing.md").read_text(encoding="utf-8")
    assert composed["jaeger"]["image"] in tracing


def test_the_schema_knows_each_key_and_no_other() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
    known = dict(objects_of_schema(schema))
    keys = {
        path
        for path in described((CHART / "values.yaml").read_text(encoding="utf-8"))
        if not path.startswith("components")
    }
    assert keys <= set(known)
    for path, one in known.items():
        if "properties" in one:
            assert one["additionalProperties"] is False, path
    for path in set(known) - {"", "global", "components"}:
        assert any(f"{key}.".startswith(f"{path}.") or path.startswith(f"{key}.") for key in keys)
    assert set(schema["properties"]) - {"global"} == set(chart().values)


def test_what_is_made_is_as_it_would_be_made() -> None:
    for path, text in made().items():
        assert Path(path).read_text(encoding="utf-8") == text, path
