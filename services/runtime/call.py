"""One call on its way through the interceptors."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message

from services.runtime.contract import MethodContract
from services.runtime.faults import Unauthenticated
from services.runtime.identity import Principal

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


@dataclass(slots=True)
class Call:
    """What is known of a call; each interceptor adds what it finds out."""

    contract: MethodContract
    context: Context
    metadata: Mapping[str, str]
    request_id: str = ""
    workspace_id: str = ""
    identity: Principal | None = None
    seconds: float | None = None
    """The time that it may take; None is any."""
    encoded: bytes = b""
    """Its last message, deterministically, if that is small."""
    began: float = field(default_factory=time.perf_counter)

    @property
    def principal(self) -> Principal:
        if self.identity is None:
            raise Unauthenticated("TOKEN_MISSING", "the call has not been authenticated")
        return self.identity


class Interceptor:
    """A concern that every call passes: at its beginning, at each of its messages, at its end.

    Plain calls instead of context managers: all of them together take less time than one of those.
    """

    def enter(self, call: Call) -> None:
        """Before the first message is seen. Raises a Fault if there is to be no call."""

    def admit(self, call: Call, message: Message) -> None:
        """Raises a Fault if the message may not reach the servicer."""

    async def fail(self, call: Call, error: Exception) -> None:
        """Something was raised behind us. May raise what the call is to end with instead."""

    def leave(self, call: Call) -> None:
        """When a call that was entered has ended, whichever way."""


CURRENT_CALL: ContextVar[Call] = ContextVar("current_call")


def current_call() -> Call:
    """The call that the running servicer answers."""
    return CURRENT_CALL.get()
