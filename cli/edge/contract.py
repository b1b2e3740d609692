"""The contract as Envoy transcodes by it: one descriptor set with all that it stands on."""

import hashlib
from functools import cache
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.rpc import error_details_pb2, status_pb2
from shadower.access.v1 import access_service_pb2
from shadower.agents.v1 import agents_service_pb2
from shadower.aggregates.v1 import aggregates_service_pb2
from shadower.alerts.v1 import alerts_service_pb2
from shadower.bus.v1 import dead_letters_service_pb2
from shadower.exports.v1 import exports_service_pb2
from shadower.ingest.v1 import (
    ingest_service_pb2,
    otlp_http_service_pb2,
    pricing_service_pb2,
)
from shadower.limits.v1 import limits_service_pb2
from shadower.metrics.v1 import metrics_service_pb2
from shadower.reports.v1 import reports_service_pb2
from shadower.scheduler.v1 import scheduler_service_pb2
from shadower.workspaces.v1 import workspaces_service_pb2

CONTRACT = (
    access_service_pb2,
    agents_service_pb2,
    aggregates_service_pb2,
    alerts_service_pb2,
    dead_letters_service_pb2,
    exports_service_pb2,
    ingest_service_pb2,
    limits_service_pb2,
    metrics_service_pb2,
    otlp_http_service_pb2,
    pricing_service_pb2,
    reports_service_pb2,
    scheduler_service_pb2,
    workspaces_service_pb2,
)
EDITION_LETTERS = 8
# Errors of services are google.rpc.Status with details, which only their names lead to.
ERROR_TYPES = (status_pb2, error_details_pb2)


def build_descriptor(path: Path) -> None:
    path.write_bytes(_descriptor())


def edition() -> str:
    """Another one for each contract, by which the same message may be other JSON."""
    return hashlib.sha256(_descriptor()).hexdigest()[:EDITION_LETTERS]


@cache
def _descriptor() -> bytes:
    files: dict[str, FileDescriptorProto] = {}
    for module in (*CONTRACT, *ERROR_TYPES):
        _collect(module.DESCRIPTOR, files)
    return FileDescriptorSet(file=files.values()).SerializeToString(deterministic=True)


def _collect(file: FileDescriptor, files: dict[str, FileDescriptorProto]) -> None:
    """Adds a file after the files that it imports, as a descriptor set must have them."""
    for imported in file.dependencies:
        _collect(imported, files)
    if file.name not in files:
        proto = FileDescriptorProto()
        file.CopyToProto(proto)
        files[file.name] = proto
