"""From the contract's RPCs to the edge's routes."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from google.api import annotations_pb2
from google.api.httpbody_pb2 import HttpBody
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from shadower.common.v1 import permission_pb2 as options
from shadower.common.v1.limit_class_pb2 import LIMIT_CLASS_ANALYTICS, LIMIT_CLASS_DASHBOARDS
from shadower.ingest.v1 import otlp_pb2

from services.runtime.contract import class_name, waiting_classes

# Services that another one's process serves beside it.
SERVED_WITH = {
    "shadower.ingest.v1.IngestService": (
        "shadower.ingest.v1.OtlpHttpService",
        "shadower.ingest.v1.PricingService",
    ),
    "shadower.reports.v1.ReportsService": ("shadower.exports.v1.ExportsService",),
    "shadower.upkeep.v1.RetentionService": (
        "shadower.upkeep.v1.ErasureService",
        "shadower.upkeep.v1.HealthService",
    ),
}
# Methods that others define, by the service whose process serves them. They are no JSON.
FOREIGN = {"shadower.ingest.v1.IngestService": otlp_pb2}
CALCULATING = {class_name(LIMIT_CLASS_ANALYTICS), class_name(LIMIT_CLASS_DASHBOARDS)}
HTTP_BODY = HttpBody.DESCRIPTOR
PATH_FIELD = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Route:
    """An RPC as the edge routes it: to the cluster of a service."""

    cluster: str
    path: str
    streams: bool
    reads: bool
    limit_class: str
    """In small letters, as shadower.common.v1.LimitClass names it."""
    longest_seconds: int = 0
    """Zero for what all others have."""
    is_idempotent: bool = False
    """Whether it is the same if it is done twice, by what the contract says."""
    has_others: bool = False
    """Whether there may be another replica that could be asked, too."""

    @property
    def may_be_repeated(self) -> bool:
        return self.reads or (self.is_idempotent and not self.streams)

    @property
    def waits_for_the_limiter(self) -> bool:
        """Whether it is refused while nobody can tell how often it was asked."""
        return self.limit_class in waiting_classes()


def services_of(cluster: str) -> tuple[str, ...]:
    """The services that a cluster's processes serve, the one that it is named after first."""
    return (cluster, *SERVED_WITH.get(cluster, ()))


def methods_of(cluster: str) -> list[MethodDescriptor]:
    """Raises KeyError for a service outside the contract."""
    find = descriptor_pool.Default().FindServiceByName
    return [method for name in services_of(cluster) for method in find(name).methods]


def routes_of(cluster: str, *, has_others: bool = False) -> Iterator[Route]:
    for method in methods_of(cluster):
        yield replace(_route(cluster, method), has_others=has_others)
    if cluster in FOREIGN:
        foreign = FOREIGN[cluster].DESCRIPTOR.GetOptions().Extensions[options.foreign_methods]
        yield from (_foreign_route(cluster, one) for one in foreign)


def _route(cluster: str, method: MethodDescriptor) -> Route:
    return Route(
        cluster=cluster,
        path=path_of(method),
        streams=method.client_streaming or method.server_streaming,
        reads=method.GetOptions().idempotency_level == MethodOptions.NO_SIDE_EFFECTS,
        is_idempotent=method.GetOptions().idempotency_level == MethodOptions.IDEMPOTENT,
        limit_class=class_name(method.GetOptions().Extensions[options.limit_class]),
        longest_seconds=method.GetOptions().Extensions[options.longest_seconds],
    )


def _foreign_route(cluster: str, method: options.ForeignMethod) -> Route:
    limit_class = class_name(method.limit_class)
    return Route(cluster, method.path, streams=False, reads=False, limit_class=limit_class)


def guarded_paths(routes: Iterable[Route]) -> dict[str, list[str]]:
    """By cluster, those of reads whose answers are calculated, and come in one piece."""
    guarded: dict[str, list[str]] = {}
    for route in routes:
        if route.reads and not route.streams and route.limit_class in CALCULATING:
            guarded.setdefault(route.cluster, []).append(route.path)
    return guarded


def path_fields(methods: Iterable[MethodDescriptor]) -> list[str]:
    """Fields that paths set, in both spellings that a query parameter may have."""
    fields = (
        method.input_type.fields_by_name[name]
        for method in methods
        for template in _path_templates(method)
        for name in PATH_FIELD.findall(template)
    )
    return sorted({name for field in fields for name in (field.name, field.json_name)})


def body_paths(methods: Iterable[MethodDescriptor]) -> list[str]:
    """Of bodies that are somebody else's formats, and are handed on as they came."""
    raw = (one for one in methods if HTTP_BODY in {f.message_type for f in one.input_type.fields})
    return _patterns(template for method in raw for template in _path_templates(method))


def paths_without_token(methods: Iterable[MethodDescriptor]) -> list[str]:
    """Patterns of paths, by JSON and by gRPC, whose requests bring a secret of their own. Without
    what follows a colon, which is another RPC."""
    return [
        pattern.replace("[^/?]+", "[^/?:]+")
        for method in methods
        if method.GetOptions().Extensions[options.admits_by_secret]
        for pattern in (*_patterns(_path_templates(method)), re.escape(path_of(method)))
    ]


def path_of(method: MethodDescriptor) -> str:
    """As gRPC has it."""
    return f"/{method.containing_service.full_name}/{method.name}"


def two_way_paths(methods: Iterable[MethodDescriptor]) -> list[str]:
    two_way = (method for method in methods if method.client_streaming and method.server_streaming)
    return _patterns(template for method in two_way for template in _path_templates(method))


def _patterns(templates: Iterable[str]) -> list[str]:
    return [PATH_FIELD.sub("[^/?]+", template) for template in templates]


def _path_templates(method: MethodDescriptor) -> Iterator[str]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    for binding in (rule, *rule.additional_bindings):
        yield getattr(binding, binding.WhichOneof("pattern"))
