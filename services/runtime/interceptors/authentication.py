"""Finds out who calls. The edge has looked already; a service trusts nobody's look but its own."""

from google.protobuf.message import Message

from services.runtime.call import Admitted, Call, Interceptor
from services.runtime.faults import Unauthenticated
from services.runtime.identity import TokenVerifier


class Authentication(Interceptor):
    """Refuses calls without a good bearer token."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def enter(self, call: Call) -> None:
        call.identity = self._verifier.verify(bearer_token(call))

    def admit(self, call: Call, message: Message) -> None:
        """A stream may outlive its token, or its key; what it sends after that is nobody's."""
        if not self._verifier.still_trusts(call.principal):
            self.enter(call)

    def still_admits(self, admitted: Admitted) -> bool:
        return self._verifier.still_trusts(admitted.identity)


def bearer_token(call: Call) -> str:
    scheme, _, token = call.metadata.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("TOKEN_MISSING", "the call has no bearer token")
    return token.strip()
