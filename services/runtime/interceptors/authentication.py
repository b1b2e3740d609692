"""Finds out who calls. The edge has looked already; a service trusts nobody's look but its own."""

from datetime import UTC, datetime

from google.protobuf.message import Message

from services.runtime.call import Call, Interceptor
from services.runtime.faults import Unauthenticated
from services.runtime.identity import TokenVerifier, token_expired


class Authentication(Interceptor):
    """Refuses calls without a good bearer token."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def enter(self, call: Call) -> None:
        call.identity = self._verifier.verify(bearer_token(call))

    def admit(self, call: Call, message: Message) -> None:
        """A stream may outlive its token; what it sends after that is nobody's."""
        if datetime.now(UTC) >= call.principal.expires_at:
            raise token_expired()


def bearer_token(call: Call) -> str:
    scheme, _, token = call.metadata.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("TOKEN_MISSING", "the call has no bearer token")
    return token.strip()
