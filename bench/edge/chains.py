"""Chains between Envoy alone and the whole of what cli/edge renders."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from cli.edge.model import EdgeModel, Upstream
from cli.edge.rendering import render, write_configuration
from tools.ports import free_ports

ALONE = "Envoy alone"
WHOLE = "limiter: the whole chain"
FORGETFUL = "the whole chain, which keeps nothing"
FILTERS = "envoy.filters.http."
Configuration = dict[str, Any]

STEPS: dict[str, tuple[str, ...]] = {
    "routes of the contract, hardened listener": ("router",),
    "headers, CORS, health": ("header_mutation", "cors", "health_check"),
    "conditional requests, of JSON": ("conditional",),
    "compressors": ("compressor.gzip", "compressor.brotli"),
    "gRPC-Web": ("grpc_web",),
    "local limit": ("local_ratelimit",),
    "API keys, of those who bring none": ("api-keys",),
    "tokens": ("jwt_authn",),
    "decompressor, buffer": ("decompressor", "buffer"),
    "transcoder, passed by": ("grpc_json_transcoder",),
    "JSON that was inflated, passed by": ("inflated",),
    "overload": ("overload",),
    WHOLE: ("lua.leases", "ratelimit.0", "ratelimit.1"),
}
"""What is added, by the ends of filters' names. The order of filters is the chain's own."""


class UnknownFilterError(ValueError):
    """The chain has a filter that no step adds, so that the last one would not be the whole."""


def written_chains(model: EdgeModel, folder: Path, upstream: Upstream) -> dict[str, Path]:
    """From the least to the whole, each with a port of its own; the least lead to that upstream
    only. Last the whole that keeps nothing. Raises UnknownFilterError."""
    whole = yaml.safe_load(write_configuration(model, folder).read_text())
    _check_steps(whole)
    chains = {
        "Envoy alone, without TLS": _without_tls(_alone(whole, upstream)),
        ALONE: _alone(whole, upstream),
        **dict(_steps(whole)),
        FORGETFUL: yaml.safe_load(render(replace(model, kept_bytes=0), folder)),
    }
    return {name: _written(folder, n, one) for n, (name, one) in enumerate(chains.items())}


def _check_steps(whole: Configuration) -> None:
    known = {name for names in STEPS.values() for name in names}
    unknown = {_short(one) for one in _manager(whole)["http_filters"]} - known
    if unknown:
        raise UnknownFilterError(f"no step adds {sorted(unknown)}")


def _steps(whole: Configuration) -> Iterator[tuple[str, Configuration]]:
    wanted: set[str] = set()
    for name, added in STEPS.items():
        wanted.update(added)
        chain = copy.deepcopy(whole)
        manager = _manager(chain)
        manager["http_filters"] = [one for one in manager["http_filters"] if _short(one) in wanted]
        yield name, chain


def _alone(whole: Configuration, upstream: Upstream) -> Configuration:
    """Nothing of ours but the certificate, and where the handler is."""
    chain = copy.deepcopy(whole)
    chain.pop("overload_manager")
    chain.pop("layered_runtime")
    everywhere = {"match": {"prefix": "/"}, "route": {"cluster": upstream.service}}
    hosts = [{"name": "alone", "domains": ["*"], "routes": [everywhere]}]
    manager = _manager(chain)
    router = next(one for one in manager["http_filters"] if _short(one) == "router")
    kept = {name: manager[name] for name in ("@type", "stat_prefix", "codec_type")}
    manager.clear()
    manager.update(kept, http_filters=[router], route_config={"virtual_hosts": hosts})
    clusters = chain["static_resources"]["clusters"]
    [cluster] = [one for one in clusters if one["name"] == upstream.service]
    cluster.pop("health_checks")
    [places] = cluster["load_assignment"]["endpoints"]
    places["lb_endpoints"] = [
        {"endpoint": {"address": {"pipe": {"path": one.socket}}}} for one in upstream.endpoints
    ]
    chain["static_resources"]["clusters"] = [cluster]
    return chain


def _without_tls(chain: Configuration) -> Configuration:
    _filter_chain(chain).pop("transport_socket")
    return chain


def _written(folder: Path, number: int, chain: Configuration) -> Path:
    port, admin_port = free_ports(2)
    listener = chain["static_resources"]["listeners"][0]
    listener["address"]["socket_address"]["port_value"] = port
    chain["admin"]["address"]["socket_address"]["port_value"] = admin_port
    config = folder / f"chain-{number}.json"
    config.write_text(json.dumps(chain))
    return config


def port_of(config: Path) -> tuple[int, bool]:
    """And whether it is encrypted."""
    chain = json.loads(config.read_text())
    address = chain["static_resources"]["listeners"][0]["address"]["socket_address"]
    return address["port_value"], "transport_socket" in _filter_chain(chain)


def _filter_chain(chain: Configuration) -> Configuration:
    found: Configuration = chain["static_resources"]["listeners"][0]["filter_chains"][0]
    return found


def _manager(chain: Configuration) -> Configuration:
    found: Configuration = _filter_chain(chain)["filters"][0]["typed_config"]
    return found


def _short(one: Configuration) -> str:
    return str(one["name"]).removeprefix(FILTERS)
