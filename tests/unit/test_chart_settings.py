"""What values of the chart tell processes, and those who install it."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.chart import (
    DEV,
    Object,
    chart,
    container_of,
    environment,
    named,
    of_ci,
    of_kind,
    rendered,
    values_of_ci,
)


def checked(**more: Any) -> list[str]:
    values = values_of_ci("external-values.yaml")
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
    values = values_of_ci("external-values.yaml")
    said = notes_of(values)
    assert "curl --connect-to ::127.0.0.1:8080 https://analytics.example.org/health" in said
    assert "http://127.0.0.1" not in said
    assert "notifications.existingSecret" not in said
    assert "notifications.existingSecret" in notes_of({**values, "notifications": {}})


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


@pytest.mark.parametrize("prefix", ["https://git.example/shadower/blob/main", ""])
def test_links_to_runbooks_lead_there_for_who_says_where_they_are(prefix: str) -> None:
    values = values_of_ci("external-values.yaml")
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
