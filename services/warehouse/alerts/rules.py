"""Rules by workspace: what they say, up to where they were judged, and when they are due."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any

from services.runtime.faults import NotFound, ResourceExhausted
from services.runtime.pool import Pool
from services.warehouse.database import Session, driver_errors_as_faults
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
MOST_RULES = 1_000
TURNS = 10
"""Workspaces that are served at a time."""


@dataclass(frozen=True)
class KeptRule:
    """A rule as it lies in its workspace."""

    rule_id: str
    definition: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    is_enabled: bool
    judged_from: datetime
    judged_until: datetime
    judged_revision: int
    late_from: datetime | None
    """From there up to `judged_until` it is to be judged again."""
    due_at: datetime
    failure_reason: str


@dataclass(frozen=True)
class NewRule:
    """What is asked for. Judging begins behind `judged_until`."""

    rule_id: str
    definition: Mapping[str, Any]
    updated_by: str
    is_enabled: bool
    judged_until: datetime
    due_at: datetime

    @property
    def values(self) -> tuple[object, ...]:
        said = (self.rule_id, dict(self.definition), self.updated_by)
        return (*said, self.is_enabled, self.judged_until, self.due_at)


async def take_turn(session: Session) -> None:
    """Nobody else makes a rule or a silence in the workspace until the transaction ends."""
    await session.connection.execute(QUERIES["turn"], session.workspace_id)


async def create_rule(session: Session, new: NewRule) -> None:
    """For who has taken a turn. Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    if await connection.fetchval(QUERIES["count"], workspace_id) >= MOST_RULES:
        raise alerts_full(MOST_RULES, "rules")
    await connection.execute(QUERIES["create"], workspace_id, *new.values)


async def find_rule(session: Session, rule_id: str) -> KeptRule | None:
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, rule_id)
    return None if row is None else _kept(row)


async def find_rules(session: Session, rule_ids: Sequence[str]) -> list[KeptRule]:
    """Those that are there, and are judged."""
    rows = await session.connection.fetch(QUERIES["some"], session.workspace_id, list(rule_ids))
    return [_kept(row) for row in rows]


async def get_rule(session: Session, rule_id: str) -> KeptRule:
    """Raises NotFound."""
    found = await find_rule(session, rule_id)
    if found is None:
        raise NotFound(
            "ALERT_RULE_NOT_FOUND",
            f"the workspace has no rule {rule_id}",
            metadata={"ruleId": rule_id},
        )
    return found


async def get_rule_to_change(session: Session, rule_id: str) -> KeptRule:
    """Nobody else changes or judges it until the transaction ends. Raises NotFound."""
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, rule_id)
    return await get_rule(session, rule_id)


async def list_rules(session: Session, limit: int, after: str) -> list[KeptRule]:
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, after, limit)
    return [_kept(row) for row in rows]


async def replace_rule(session: Session, new: NewRule) -> None:
    await session.connection.execute(QUERIES["replace"], session.workspace_id, *new.values)


async def delete_rule(session: Session, rule_id: str) -> None:
    """If there is one."""
    await session.connection.fetchval(QUERIES["lock"], session.workspace_id, rule_id)
    await session.connection.execute(QUERIES["delete"], session.workspace_id, rule_id)


async def hold_rule(session: Session, rule: KeptRule) -> bool | None:
    """Whether it has open alerts; None unless it is as it was, and ours until all is committed."""
    held: bool | None = await session.connection.fetchval(
        QUERIES["hold"],
        session.workspace_id,
        rule.rule_id,
        rule.version,
        rule.judged_until,
        rule.late_from,
    )
    return held


@dataclass(frozen=True)
class Judged:
    """How far a rule was judged, and when it is due again."""

    until: datetime
    revision: int
    late_from: datetime | None
    due_at: datetime


async def note_judged(session: Session, rule: KeptRule, judged: Judged) -> None:
    """For who holds it."""
    await session.connection.execute(
        QUERIES["judged"], session.workspace_id, rule.rule_id, *astuple(judged)
    )


async def note_judged_quietly(
    session: Session, judged: Sequence[tuple[KeptRule, Judged]]
) -> set[str]:
    """Of rules that found nothing. Those that have open alerts, or that somebody has changed or
    judged, or is at, are not among the answer, and stay as they are."""
    rows = [
        (rule.rule_id, rule.version, rule.judged_until, rule.late_from, *astuple(one))
        for rule, one in judged
    ]
    columns = map(list, zip(*rows, strict=True))
    noted = await session.connection.fetch(
        QUERIES["judged_quietly"], session.workspace_id, *columns
    )
    return {row["rule_id"] for row in noted}


async def postpone(session: Session, rule: KeptRule, due_at: datetime) -> None:
    """Nothing could be judged yet."""
    await session.connection.execute(
        QUERIES["postpone"], session.workspace_id, rule.rule_id, rule.version, due_at
    )


async def note_failure(session: Session, rule_id: str, again_in: timedelta, reason: str) -> None:
    """Nothing was judged, for a reason."""
    await session.connection.execute(
        QUERIES["fail"], session.workspace_id, rule_id, again_in, reason
    )


class DueRules:
    """Which rules are due, of all workspaces. Its pool's role may see that, and nothing else."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._last = ""
        """The workspace whose turn it was last."""

    async def claim(self, workspace_id: str | None, limit: int) -> list[tuple[str, str]]:
        """Workspaces and rules that nobody else claims for a minute. Of all workspaces some have
        their turn, and as many rules of each as there is room for."""
        with driver_errors_as_faults():
            turns = [workspace_id] if workspace_id else await self._turns(min(TURNS, limit))
            share = limit // max(1, len(turns))
            rows = await self._pool.fetch(QUERIES["claim"], turns, share)
        return [(row["workspace_id"], row["rule_id"]) for row in rows]

    async def _turns(self, limit: int) -> list[str]:
        """Those behind whose turn it was last; behind the last one is the first."""
        rows = await self._pool.fetch(QUERIES["waiting"], self._last, limit)
        if not rows and self._last:
            rows = await self._pool.fetch(QUERIES["waiting"], "", limit)
        turns = [row["workspace_id"] for row in rows]
        self._last = turns[-1] if len(turns) == limit else ""
        return turns

    async def count(self, workspace_id: str | None) -> int:
        with driver_errors_as_faults():
            return int(await self._pool.fetchval(QUERIES["count_due"], workspace_id))


def alerts_full(limit: int, unit: str) -> ResourceExhausted:
    return ResourceExhausted(
        "ALERTS_FULL",
        f"the workspace has as many {unit} as it may: {limit}",
        metadata={"limit": str(limit), "unit": unit},
    )


def _kept(row: Any) -> KeptRule:
    return KeptRule(**dict(row))
