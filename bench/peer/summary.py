"""A summary as JSON: the shape that our contract gives it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bench.peer.queries import (
    PERCENTS,
    AnyRow,
    Period,
    fetch_active_users,
    fetch_days,
    fetch_statistics,
    fetch_top_agents,
)

# Metric of a trend: the column, and the kind of number.
TRENDS = {
    "executions": ("total", "integer"),
    "success_rate": ("success_rate", "real"),
    "duration_avg": ("average", "real"),
    "active_agents": ("agents", "integer"),
    "active_users": ("users", "integer"),
    "total_tokens": ("total_tokens", "integer"),
    "cost": ("cost", "decimal"),
    "credits": ("credits", "decimal"),
}
DIRECTIONS = {0: "DIRECTION_FLAT", 1: "DIRECTION_UP", -1: "DIRECTION_DOWN"}
WEIGHTS = {"success": 0.30, "activity": 0.25, "engagement": 0.25, "efficiency": 0.20}
STATUSES = ("total", "running", "succeeded", "failed", "timed_out", "cancelled")

Json = dict[str, Any]


async def workspace_summary(session: AsyncSession, workspace_id: str, period: Period) -> Json:
    start, end = period
    before = (start - (end - start), start)
    current = await fetch_statistics(session, workspace_id, period)
    previous = await fetch_statistics(session, workspace_id, before)
    users = await fetch_active_users(session, workspace_id, end)
    days = await fetch_days(session, workspace_id, period)
    top = await fetch_top_agents(session, workspace_id, period)
    stickiness = users.daily / users.monthly if users.monthly else 0
    health = {
        "success": current.success_rate,
        "activity": len(days) / _days_touched(period),
        "engagement": stickiness,
        "efficiency": current.efficiency,
    }
    return {
        "workspaceId": workspace_id,
        "interval": _interval(period),
        "previousInterval": _interval(before),
        "asOf": _time(datetime.now(UTC)),
        "executions": {_camel(name): str(getattr(current, name)) for name in STATUSES},
        "successRate": current.success_rate,
        "duration": _duration(current),
        "tokens": _tokens(current),
        "cost": _cost(current),
        "activeAgents": str(current.agents),
        "activeUsers": {
            "inInterval": str(current.users),
            "daily": str(users.daily),
            "weekly": str(users.weekly),
            "monthly": str(users.monthly),
        },
        "dailyCredits": [
            {"startTime": _time(day.day), "credits": _plain(day.credits)} for day in days
        ],
        "trends": [_trend(metric, current, previous) for metric in TRENDS],
        "engagementLevel": _engagement(stickiness),
        "healthScore": {"score": sum(WEIGHTS[n] * part for n, part in health.items()), **health},
        "topAgents": [_agent(agent) for agent in top],
    }


def _duration(row: AnyRow) -> Json:
    parts = {
        "average": row.average,
        "minimum": row.minimum,
        "maximum": row.maximum,
        "standardDeviation": row.standard_deviation,
        **dict(zip(PERCENTS, row.percentiles, strict=True)),
    }
    seconds = {name: f"{value:.9f}s" for name, value in parts.items()}
    return {"knownExecutions": str(row.known_durations), **seconds}


def _tokens(row: AnyRow) -> Json:
    sums = ("input_tokens", "output_tokens", "cached_input_tokens", "total_tokens")
    return {
        "knownExecutions": str(row.known_tokens),
        "unknownExecutions": str(row.total - row.known_tokens),
        **{_camel(n): str(getattr(row, n)) for n in sums if getattr(row, n) is not None},
        "averageTokens": row.average_tokens,
    }


def _cost(row: AnyRow) -> Json:
    return {
        "knownExecutions": str(row.known_costs),
        "unknownExecutions": str(row.total - row.known_costs),
        "costUsd": _plain(row.cost),
        "credits": _plain(row.credits),
        "averageCostUsd": _plain(round(row.average_cost, 12)),
    }


def _trend(metric: str, current: AnyRow, previous: AnyRow) -> Json:
    column, kind = TRENDS[metric]
    now, before = getattr(current, column), getattr(previous, column)
    change = now - before
    return {
        "metric": metric,
        "current": _number(kind, now),
        "baseline": _number(kind, before),
        "change": _number(kind, change),
        "changeRatio": float(change) / abs(float(before)),
        "direction": DIRECTIONS[(change > 0) - (change < 0)],
    }


def _number(kind: str, value: Any) -> Json:
    if kind == "real":
        return {kind: value}
    return {kind: _plain(value) if kind == "decimal" else str(value)}


def _engagement(stickiness: float) -> str:
    level = "LOW" if stickiness < 0.2 else "MEDIUM" if stickiness < 0.5 else "HIGH"
    return f"ENGAGEMENT_LEVEL_{level}"


def _agent(row: AnyRow) -> Json:
    return {
        "agentId": row.agent_id,
        "agentName": row.agent_name,
        "executions": str(row.executions),
        "successRate": row.success_rate,
    }


def _interval(period: Period) -> Json:
    return {"startTime": _time(period[0]), "endTime": _time(period[1])}


def _days_touched(period: Period) -> int:
    start, end = (time.astimezone(UTC) for time in period)
    return ((end - timedelta(microseconds=1)).date() - start.date()).days + 1


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))
