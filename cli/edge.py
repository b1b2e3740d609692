"""The edge's configuration: what Envoy must know, from the contract and a small model."""

import ipaddress
import json
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2, status_pb2
from jinja2 import Environment, StrictUndefined, Template, select_autoescape
from shadower.access.v1 import access_service_pb2
from shadower.agents.v1 import agents_service_pb2
from shadower.aggregates.v1 import aggregates_service_pb2
from shadower.bus.v1 import dead_letters_service_pb2
from shadower.ingest.v1 import (
    ingest_service_pb2,
    otlp_http_service_pb2,
    pricing_service_pb2,
)
from shadower.metrics.v1 import metrics_service_pb2
from shadower.workspaces.v1 import workspaces_service_pb2

from cli.edge_routes import methods_of, path_fields, routes_of, services_of, two_way_paths

TEMPLATE = Path(__file__).parent.parent / "envoy" / "edge.yaml.j2"
CONTRACT = (
    access_service_pb2,
    agents_service_pb2,
    aggregates_service_pb2,
    dead_letters_service_pb2,
    ingest_service_pb2,
    metrics_service_pb2,
    otlp_http_service_pb2,
    pricing_service_pb2,
    workspaces_service_pb2,
)
# Errors of services are google.rpc.Status with details, which only their names lead to.
ERROR_TYPES = (status_pb2, error_details_pb2)
ALGORITHM_OF_KEY = {("OKP", "Ed25519"): "EdDSA", ("EC", "P-256"): "ES256", ("oct", None): "HS256"}


class UnsafeKeyError(ValueError):
    """A key set that the edge must not be given."""


@dataclass(frozen=True)
class Endpoint:
    """Where one replica of a service listens, such as 127.0.0.1:50051."""

    address: str

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def is_literal(self) -> bool:
        try:
            return bool(ipaddress.ip_address(self.host))
        except ValueError:
            return False


@dataclass(frozen=True)
class Upstream:
    """A service, by its full name such as shadower.metrics.v1.MetricsService, and its replicas."""

    service: str
    addresses: tuple[str, ...]

    @property
    def endpoints(self) -> list[Endpoint]:
        return list(map(Endpoint, self.addresses))

    @property
    def is_literal(self) -> bool:
        return all(one.is_literal for one in self.endpoints)


@dataclass(frozen=True)
class EdgeModel:
    """What differs between one edge and another."""

    upstreams: tuple[Upstream, ...]
    jwks: str | Path
    descriptor: Path
    host: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 9901
    issuer: str = "https://shadower.dev"
    audience: str = "shadower"
    algorithms: tuple[str, ...] = ("EdDSA", "ES256")
    cors_origins: tuple[str, ...] = ()
    environment: Literal["development", "production"] = "production"
    unary_timeout_seconds: int = 30
    max_connections: int = 10_000
    max_heap_bytes: int = 1024**3


def render(model: EdgeModel) -> str:
    """Envoy's configuration. Raises UnsafeKeyError, or KeyError for an unknown service."""
    clusters = [upstream.service for upstream in model.upstreams]
    methods = [method for cluster in clusters for method in methods_of(cluster)]
    return _template().render(
        model=model,
        jwks=_public_keys(model),
        services=[service for cluster in clusters for service in services_of(cluster)],
        methods=[route for cluster in clusters for route in routes_of(cluster)],
        path_fields=path_fields(methods),
        two_way_paths=two_way_paths(methods),
    )


def build_descriptor(path: Path) -> None:
    """Writes the contract, and all it stands on, as the descriptor set that Envoy transcodes by."""
    files: dict[str, FileDescriptorProto] = {}
    for module in (*CONTRACT, *ERROR_TYPES):
        _collect(module.DESCRIPTOR, files)
    path.write_bytes(FileDescriptorSet(file=files.values()).SerializeToString(deterministic=True))


def command(config: Path, *, concurrency: int = 2) -> list[str]:
    """How to start Envoy; several can run at once. Raises FileNotFoundError if it is not here."""
    # Without hot restart an Envoy claims no id that another one could hold.
    flags = ["--concurrency", str(concurrency), "--log-level", "warn", "--disable-hot-restart"]
    return [envoy_path(), "-c", str(config), *flags]


def envoy_path() -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which("envoy", path=beside) or shutil.which("envoy")
    if found is None:
        raise FileNotFoundError("envoy is neither beside this Python nor on the PATH")
    return found


def _template() -> Template:
    return Environment(
        undefined=StrictUndefined,
        # YAML has nothing of HTML to escape: the template quotes values as JSON.
        autoescape=select_autoescape(default_for_string=False),
    ).from_string(TEMPLATE.read_text())


def _collect(file: FileDescriptor, files: dict[str, FileDescriptorProto]) -> None:
    """Adds a file after the files that it imports, as a descriptor set must have them."""
    for imported in file.dependencies:
        _collect(imported, files)
    if file.name not in files:
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        files[file.name] = proto


def _public_keys(model: EdgeModel) -> str:
    text = model.jwks.read_text() if isinstance(model.jwks, Path) else model.jwks
    keys = [_checked_key(key, model.algorithms) for key in json.loads(text)["keys"]]
    if not keys:
        raise UnsafeKeyError("the key set is empty")
    return json.dumps({"keys": keys})


def _checked_key(key: dict[str, str], algorithms: Iterable[str]) -> dict[str, str]:
    """The key, bound to its algorithm: Envoy would take whatever the key can verify."""
    if "d" in key:
        raise UnsafeKeyError("a key is private: the edge needs public ones only")
    algorithm = ALGORITHM_OF_KEY.get((key.get("kty", ""), key.get("crv")), "none")
    if algorithm not in algorithms or key.get("alg", algorithm) != algorithm:
        raise UnsafeKeyError(f"a key of type {key.get('kty')} is not for {sorted(algorithms)}")
    return {**key, "alg": algorithm}
