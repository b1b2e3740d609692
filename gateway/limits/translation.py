"""The contract's limits and quotas to and from ours."""

from shadower.common.v1.limit_class_pb2 import LimitClass
from shadower.limits.v1 import limit_pb2, quota_pb2
from shadower.limits.v1 import limits_service_pb2 as pb

from gateway.limits.limit import Budget, Limit, Scope
from gateway.limits.window import MICROSECONDS, Standing
from services.runtime.contract import class_name
from services.runtime.times import to_duration
from services.warehouse.limits.quotas import SetQuota


def asked_limit(request: pb.UpdateLimitRequest | pb.DeleteLimitRequest) -> tuple[str, Scope]:
    scope = limit_pb2.LimitScope.Name(request.scope).removeprefix("LIMIT_SCOPE_").lower()
    return class_name(request.limit_class), Scope(scope)


def asked_kind(request: pb.UpdateQuotaRequest | pb.DeleteQuotaRequest) -> str:
    return quota_pb2.QuotaKind.Name(request.kind).removeprefix("QUOTA_KIND_").lower()


def limit(limit_class: str, scope: Scope, limit: Limit, *, is_default: bool) -> limit_pb2.Limit:
    return limit_pb2.Limit(
        limit_class=LimitClass.Value(f"LIMIT_CLASS_{limit_class.upper()}"),
        scope=limit_pb2.LimitScope.Value(f"LIMIT_SCOPE_{scope.upper()}"),
        amount=limit.amount,
        period=to_duration(limit.seconds),
        is_default=is_default,
    )


def limit_usage(budget: Budget, standing: Standing, *, is_default: bool) -> limit_pb2.LimitUsage:
    return limit_pb2.LimitUsage(
        limit=limit(budget.limit_class, budget.scope, budget.limit, is_default=is_default),
        used=standing.used,
        remaining=max(0, budget.limit.amount - standing.used),
        until_more=to_duration(standing.reset / MICROSECONDS) if standing.reset else None,
    )


def quota(kind: str, amount: int, *, refuses: bool) -> quota_pb2.Quota:
    return quota_pb2.Quota(kind=_kind(kind), amount=amount, refuses=refuses)


def quota_usage(kind: str, used: int, known: SetQuota | None) -> quota_pb2.QuotaUsage:
    usage = quota_pb2.QuotaUsage(kind=_kind(kind), used=used)
    if known is not None and known.amount is not None:
        usage.quota.CopyFrom(quota(kind, known.amount, refuses=known.refuses))
    return usage


def _kind(kind: str) -> "quota_pb2.QuotaKind.ValueType":
    return quota_pb2.QuotaKind.Value(f"QUOTA_KIND_{kind.upper()}")
