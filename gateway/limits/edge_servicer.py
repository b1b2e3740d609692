"""RateLimitService of Envoy: asked for each request that the edge has let through so far."""

from typing import Any

from edge_api import rate_limit_service_pb2 as pb
from edge_api.rate_limit_service_pb2_grpc import RateLimitServiceServicer

from gateway.limits.answers import all_passed, passed, refused, status_of
from gateway.limits.asked import Asked, LimitSource, asked_by, budgets_of, meant_workspace
from gateway.limits.limit import INGESTION
from gateway.limits.limiter import Decision, Limiter
from gateway.limits.quotas import Quotas
from services.runtime.faults import Fault, ResourceExhausted, Unauthenticated
from services.runtime.identity import Principal, TokenVerifier

DOMAIN = "shadower"


class EdgeServicer(RateLimitServiceServicer):
    """Charges whoever the request's token says is calling."""

    def __init__(
        self, verifier: TokenVerifier, limits: LimitSource, quotas: Quotas, limiter: Limiter
    ) -> None:
        self._verifier = verifier
        self._limits = limits
        self._quotas = quotas
        self._limiter = limiter

    async def ShouldRateLimit(self, request: pb.RateLimitRequest, context: Any) -> Any:
        """Envoy sends one descriptor; of more, those behind a refused one are not charged."""
        statuses, lease = [], None
        for descriptor in request.descriptors if request.domain == DOMAIN else ():
            asked = asked_by({entry.key: entry.value for entry in descriptor.entries})
            decision = await self._decision(asked, request.hits_addend or 1)
            statuses.append(passed() if decision is None else status_of(decision))
            lease = decision and decision.lease
            if decision is not None and decision.refusal is not None:
                unseen = [passed() for _ in request.descriptors[len(statuses) :]]
                return refused(decision.refusal, asked, statuses + unseen)
        return all_passed(statuses, lease)

    async def _decision(self, asked: Asked, cost: int) -> Decision | None:
        caller = self._caller(asked)
        if caller is None:
            return None
        full = self._full(asked, caller)
        if full is not None:
            return Decision(full)
        try:
            budgets = budgets_of(asked, caller, self._limits)
        except ResourceExhausted as ambiguous:
            return Decision(ambiguous)
        return await self._limiter.decide(budgets, cost, asked.lending)

    def _full(self, asked: Asked, caller: Principal) -> Fault | None:
        if asked.limit_class != INGESTION:
            return None
        return self._quotas.refusal(meant_workspace(asked.named, caller))

    def _caller(self, asked: Asked) -> Principal | None:
        """None if nobody knows, which the service that is called will say."""
        try:
            return self._verifier.verify(asked.token)
        except Unauthenticated:
            return None
