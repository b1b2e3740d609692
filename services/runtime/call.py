"""One call on its way through the interceptors."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message

from services.runtime.contract import MethodContract
from services.runtime.faults import Unauthenticated
from services.runtime.identity import Principal

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


@dataclass
class Call:
    """What is known of a call; each interceptor adds what it finds out."""

    contract: MethodContract
    context: Context
    metadata: Mapping[str, str]
    request_id: str = ""
    workspace_id: str = ""
    identity: Principal | None = field(default=None)

    @property
    def principal(self) -> Principal:
        if self.identity is None:
            raise Unauthenticated("TOKEN_MISSING", "the call has not been authenticated")
        return self.identity


class Interceptor:
    """A concern that every call passes: around it as a whole, and at each of its messages."""

    def around(self, call: Call) -> AbstractAsyncContextManager[object]:
        """Entered before the first message is seen, left when the call has ended."""
        return nullcontext()

    def admit(self, call: Call, message: Message) -> None:
        """Raises a Fault if the message may not reach the servicer."""


CURRENT_CALL: ContextVar[Call] = ContextVar("current_call")


def current_call() -> Call:
    """The call that the running servicer answers."""
    return CURRENT_CALL.get()
