"""Refuses an RPC that does not say who may call it, or who pays: `python -m tools.options`.

The chain refuses such a call as well, but only when somebody makes it.
"""

import sys
from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from shadower.common.v1 import permission_pb2 as options

from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract

NEEDED: tuple[Any, ...] = (options.required_permission, options.limit_class)


def complaints(methods: Iterable[MethodDescriptor]) -> list[str]:
    """What is missing, of which method."""
    return [
        f"{method.full_name} has no option {option.full_name}"
        for method in methods
        for option in NEEDED
        if not method.GetOptions().Extensions[option]
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
