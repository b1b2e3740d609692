"""Finds out who calls. The edge has looked already; a service trusts nobody's look but its own."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from google.protobuf.message import Message

from services.runtime.bearer import bearer_of
from services.runtime.call import Admitted, Call, Interceptor
from services.runtime.faults import Unauthenticated
from services.runtime.identity import NOBODY, TokenVerifier, token_revoked

# A clock may go a little slower than that by which a call waits.
LEAST_SECONDS = 0.05
LOOK_SECONDS = 1.0


class Authentication(Interceptor):
    """Refuses calls without a good bearer token, and ends streams whose token is not good any more.

    A stream may outlive its token, or its key: what it sends after that is nobody's, and it is not
    told anything any more, also if it only listens.
    """

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier
        self._streams: dict[int, tuple[Call, asyncio.TimerHandle]] = {}

    def enter(self, call: Call) -> None:
        if call.contract.admits_by_secret:
            call.identity = NOBODY
            return
        self._identify(call)
        if call.ending is not None:
            self._watch(call)

    def admit(self, call: Call, message: Message) -> None:
        if not call.contract.admits_by_secret:
            self._check(call)

    def still_admits(self, admitted: Admitted) -> bool:
        return self._verifier.still_trusts(admitted.identity, admitted.workspace_id)

    def leave(self, call: Call) -> None:
        if id(call) in self._streams:
            _, timer = self._streams.pop(id(call))
            timer.cancel()

    async def follow(self) -> None:
        """Judges all streams again whenever a token was revoked, or keys are others."""
        news, edition = self._verifier.revocations.news, self._verifier.edition
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await news.wait()
            if news.is_set() or edition != self._verifier.edition:
                edition = self._verifier.edition
                news.clear()
                for call, _ in list(self._streams.values()):
                    self._judge(call)

    def _identify(self, call: Call) -> None:
        call.identity = self._verifier.verify(bearer_token(call))

    def _check(self, call: Call) -> None:
        if not self._verifier.still_trusts(call.principal):
            self._identify(call)

    def _watch(self, call: Call) -> None:
        left = (call.principal.expires_at - datetime.now(UTC)).total_seconds()
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(left, LEAST_SECONDS), self._at_expiry, call)
        self._streams[id(call)] = call, timer

    def _at_expiry(self, call: Call) -> None:
        self._judge(call)
        if call.ending is not None and call.ending.fault is None:
            self._watch(call)

    def _judge(self, call: Call) -> None:
        if call.ending is None:
            return
        try:
            self._check(call)
            if self._verifier.has_ended_in(call.workspace_id, call.principal):
                raise token_revoked()
        except Unauthenticated as fault:
            call.ending.end(fault)


def bearer_token(call: Call) -> str:
    token = bearer_of(call.metadata.get("authorization", ""))
    if not token:
        raise Unauthenticated("TOKEN_MISSING", "the call has no bearer token")
    return token
