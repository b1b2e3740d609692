"""Values of the chart: which are refused, and that the schema knows them all."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.chart import DEV, chart, helm, rendered
from tools.chart import CHART, described

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


@pytest.mark.parametrize("key", WRONG)
def test_wrong_values_are_refused_by_the_name_of_their_key(key: str) -> None:
    values, said = WRONG[key]
    with pytest.raises(helm.HelmError, match=re.escape(said)):
        rendered(values)


def objects_of_schema(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, schema
    for name, one in schema.get("properties", {}).items():
        yield from objects_of_schema(one, f"{path}.{name}" if path else name)


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
