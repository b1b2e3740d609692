"""RPCs of the contract, and what holds for all calls of a client."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Generic, TypeAlias, TypeVar

from shadower_client.codec import decode, fill
from shadower_client.retrying import Attempts, Resumptions, RetryPolicy

R = TypeVar("R")
Values: TypeAlias = Mapping[str, Any]
Header: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Method(Generic[R]):
    """An RPC."""

    path: str
    request: Any
    response: Any
    returns: type[R]
    is_idempotent: bool = False
    longest_seconds: float = 0.0
    """The time that the contract allows, if it allows more than to others."""
    unwrap: str = ""
    """The field of the response that is its content."""

    def read(self, response: Any) -> R:
        if self.returns is type(None):
            return None
        content: R = decode(getattr(response, self.unwrap) if self.unwrap else response)
        return content

    def coding(self) -> dict[str, Any]:
        """What a channel has to know of it."""
        return {
            "request_serializer": self.request.SerializeToString,
            "response_deserializer": self.response.FromString,
        }


@dataclass(frozen=True)
class Defaults:
    """What holds for every call that does not say otherwise."""

    workspace: str | None
    timeout: float
    retry: RetryPolicy

    def request(self, method: Method[Any], values: Values, workspace: str | None) -> Any:
        message = method.request()
        fill(message, {**values, **self._named(message, workspace)})
        return message

    def _named(self, message: Any, workspace: str | None) -> Values:
        if "workspace_id" not in message.DESCRIPTOR.fields_by_name:
            return {}
        name = workspace or self.workspace
        if not name:
            raise ValueError("name a workspace, in the call or where the client is made")
        return {"workspace_id": name}

    def attempts(self, method: Method[Any], timeout: float | None) -> Attempts:
        allowed = method.longest_seconds or self.timeout if timeout is None else timeout
        return Attempts(self.retry, method.is_idempotent, allowed)

    def resumptions(self, method: Method[Any], timeout: float | None) -> Resumptions:
        return Resumptions(self.retry, method.is_idempotent, inf if timeout is None else timeout)


def new_id() -> str:
    return os.urandom(16).hex()


def headers(request: Any, identity: Header, request_id: str) -> tuple[Header, ...]:
    workspace = getattr(request, "workspace_id", "")
    named = (("x-shadower-workspace", workspace),) if workspace else ()
    return (identity, ("x-request-id", request_id), *named)
