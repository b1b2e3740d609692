"""Refuses an RPC that does not say who may call it, or who pays, or how long it may take if that
is long: `python -m tools.options`.

The chain refuses such a call as well, but only when somebody makes it.
"""

import sys
from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from shadower.common.v1 import permission_pb2 as options

from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract

# What is shorter is for all RPCs alike; what is longer, for one that streams.
LONG = range(31, 601)
NEEDED: tuple[Any, ...] = (options.required_permission, options.limit_class)


def complaints(methods: Iterable[MethodDescriptor]) -> list[str]:
    """What is missing or wrong, of which method."""
    methods = list(methods)
    return [*_missing(methods), *_untimely(methods)]


def _missing(methods: Iterable[MethodDescriptor]) -> list[str]:
    return [
        f"{method.full_name} has no option {option.full_name}"
        for method in methods
        for option in NEEDED
        if not method.GetOptions().Extensions[option]
    ]


def _untimely(methods: Iterable[MethodDescriptor]) -> list[str]:
    return [
        f"{method.full_name} may not have {option.full_name} {seconds}"
        for method in methods
        if (option := options.longest_seconds)
        and (seconds := method.GetOptions().Extensions[option])
        and (seconds not in LONG or method.client_streaming or method.server_streaming)
    ]


def methods_of_the_contract() -> list[MethodDescriptor]:
    """Those that are defined by us. Whoever answers another's method names its permission too, or
    it is not served."""
    find = descriptor_pool.Default().FindMethodByName
    ours = [rpc for rpc in rpcs_of_the_contract() if rpc.service.startswith(f"{CONTRACT}.")]
    return [find(rpc.path.strip("/").replace("/", ".")) for rpc in ours]


if __name__ == "__main__":
    if found := complaints(methods_of_the_contract()):
        sys.exit("\n".join(found))
