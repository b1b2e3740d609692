"""Prints the contract as an OpenAPI document."""

import json
import sys
from importlib.metadata import version
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor

from services.runtime.openapi.document import openapi_document
from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract


def document() -> dict[str, Any]:
    return openapi_document(_methods(), version("shadower-analytics"))


def _methods() -> list[MethodDescriptor]:
    find = descriptor_pool.Default().FindMethodByName
    ours = [rpc for rpc in rpcs_of_the_contract() if rpc.service.startswith(CONTRACT)]
    return [find(f"{rpc.service}.{rpc.name}") for rpc in ours]


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=2)
