"""On whose behalf services are called."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.runtime import bearer

# What belongs to a caller's trace and is handed on as it came.
TRACE = ("traceparent", "tracestate", "x-request-id")
MOST_TRACE = 512


@dataclass(frozen=True)
class Caller:
    """The token, which the services judge, and the trace that the call is a part of."""

    token: str
    trace: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, headers: Mapping[str, str], token: str) -> "Caller":
        handed = ((name, headers.get(name, "")) for name in TRACE)
        return cls(token, tuple((name, value[:MOST_TRACE]) for name, value in handed if value))

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        return (("authorization", f"Bearer {self.token}"), *self.trace)

    def with_token(self, token: str) -> "Caller":
        return replace(self, token=token)


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """The token of the header; None if there is none."""
    return bearer.bearer_of(headers.get("authorization", "")) or None
