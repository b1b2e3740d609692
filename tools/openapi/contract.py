"""All of the contract's own RPCs as one OpenAPI document."""

from importlib.metadata import version
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract
from tools.openapi.document import openapi_document


def document() -> dict[str, Any]:
    return openapi_document(_methods(), version("shadower-analytics"))


def _methods() -> list[MethodDescriptor]:
    find = descriptor_pool.Default().FindMethodByName
    ours = [rpc for rpc in rpcs_of_the_contract() if rpc.service.startswith(CONTRACT)]
    return [find(f"{rpc.service}.{rpc.name}") for rpc in ours]
