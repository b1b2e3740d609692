"""One call on its way through the interceptors."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import Message

from services.runtime.contract import MethodContract
from services.runtime.ending import Ending
from services.runtime.faults import Unauthenticated
from services.runtime.identity import Principal

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
Pairs = Sequence[tuple[str, str | bytes]]
"""Metadata as they came."""
WORKSPACE_HEADER = "x-shadower-workspace"
"""By it the edge finds out whom to charge; and messages that name no workspace mean that one."""
Reply = Callable[[], bytes | None]
"""Gives an answer whenever it is there."""


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
    ending: Ending | None = None
    """How it can be ended from elsewhere, if it is a stream."""
    facts: dict[str, str] = field(default_factory=dict)
    """What the audit log may tell of it."""
    is_let_in: bool = False
    """Whether its servicer has found good the secret that it brings in place of a token."""
    began: float = field(default_factory=time.perf_counter)

    @property
    def is_of_nobody(self) -> bool:
        """Whether neither a token nor a good secret says who is there."""
        return self.contract.admits_by_secret and not self.is_let_in

    @property
    def principal(self) -> Principal:
        if self.identity is None:
            raise Unauthenticated("TOKEN_MISSING", "the call has not been authenticated")
        return self.identity


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whose call it was that was admitted, and how it is answered."""

    identity: Principal
    workspace_id: str
    reply: Reply


class Interceptor:
    """A concern that every call passes: at its beginning, at each of its messages, at its end.

    Plain calls instead of context managers: all of them together take less time than one of those.

    Who asks a cached RPC the same again by the same token does not pass them again: what `enter`
    and `admit` decide must follow from the token and the message alone.
    """

    def enter(self, call: Call) -> None:
        """Before the first message is seen. Raises a Fault if there is to be no call."""

    def admit(self, call: Call, message: Message) -> None:
        """Raises a Fault if the message may not reach the servicer."""

    def still_admits(self, admitted: Admitted) -> bool:
        """Whether the same call would be admitted now, as far as that may have changed."""
        return True

    def recalled(
        self, contract: MethodContract, admitted: Admitted, pairs: Pairs, began: float
    ) -> None:
        """A call was answered at once, as one that was admitted before. Nothing else is heard of
        it: to make a Call of it would take as long as the answer."""

    async def fail(self, call: Call, error: Exception) -> None:
        """Something was raised behind us. May raise what the call is to end with instead."""

    async def succeed(self, call: Call) -> None:
        """A call was answered, and its answer, or the end of it, waits for us. Raises a Fault if it
        is to fail all the same."""

    def abandoned(self, call: Call) -> None:
        """The caller hung up, or the process ends, while the servicer worked. Nothing but `leave`
        is heard of the call any more, and what it did may have taken effect."""

    def leave(self, call: Call) -> None:
        """When a call that was entered has ended, whichever way."""

    async def follow(self) -> None:
        """Goes on beside the calls as long as the process serves."""


CURRENT_CALL: ContextVar[Call] = ContextVar("current_call")


def seconds_left() -> float | None:
    """Of the call that the running servicer answers; None outside of one, or if that may take any
    time."""
    call = CURRENT_CALL.get(None)
    if call is None or call.seconds is None:
        return None
    return max(0.0, call.began + call.seconds - time.perf_counter())


def current_call() -> Call:
    """The call that the running servicer answers."""
    return CURRENT_CALL.get()
