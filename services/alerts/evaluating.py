"""Judges the rules that are due. What a rule finds is committed with how far it was judged.

Facts are read first, in a transaction that holds nothing; then the rule is held, unless somebody
was faster, and its alerts go on from where they are. So no window is judged twice, however many
do this at a time, and nobody waits for whoever reads.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.events import event_by_rule
from services.alerts.observations import Observations
from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.alerts.rules import read, rule_of
from services.alerts.running import Run, late_start, moments_between
from services.runtime.faults import (
    DeadlineExceeded,
    Fault,
    InvalidArgument,
    ResourceExhausted,
)
from services.warehouse.alerts.alerts import (
    ended_groups,
    forget_pending,
    note_transitions,
    open_alerts,
    save_alerts,
)
from services.warehouse.alerts.rules import (
    DueRules,
    KeptRule,
    find_rule,
    hold_rule,
    note_judged,
    postpone,
)
from services.warehouse.alerts.silences import silences_of_now
from services.warehouse.bus.publishing import publish
from services.warehouse.database import Database, Session, UnwritableError
from services.warehouse.facts.changes import earliest_touched

AT_ONCE = 3
PORTION = 30
MOST_MOMENTS = 288
PARTS = (MOST_MOMENTS, 16, 1)
"""What a rule has to catch up beyond that, it does when it is judged next."""
OLDEST = timedelta(hours=24)
"""Nobody is told of what was so long ago."""
RETRY = timedelta(seconds=10)
LONGEST_COOLDOWN = timedelta(days=8)
OF_THE_RULE = (InvalidArgument, ResourceExhausted, DeadlineExceeded, UnwritableError)


@dataclass
class Evaluated:
    """What was done."""

    judged: int = 0
    judgements: int = 0
    incomplete: int = 0
    failed: int = 0
    triggered: int = 0
    resolved: int = 0


@dataclass(frozen=True)
class _Work:
    """A rule, and what is known of the moments in which it is judged."""

    kept: KeptRule
    message: AlertRule
    rule: Rule
    moments: Sequence[datetime]
    seen: Observations
    revision: int


class Evaluator:
    """Has the rules of workspaces judged."""

    def __init__(self, database: Database, due: DueRules) -> None:
        self._database = database
        self._due = due

    async def evaluate(
        self, workspace_id: str | None, most_rules: int, most_time: timedelta
    ) -> Evaluated:
        """Those of a workspace, or of all."""
        done, begun, ends_at = Evaluated(), 0, monotonic() + most_time.total_seconds()
        while begun < most_rules and monotonic() < ends_at:
            claimed = await self._due.claim(workspace_id, min(PORTION, most_rules - begun))
            if not claimed:
                break
            begun += len(claimed)
            await self._judge_all(claimed, done, ends_at)
        return done

    async def count_due(self, workspace_id: str | None) -> int:
        return await self._due.count(workspace_id)

    async def _judge_all(
        self, claimed: Sequence[tuple[str, str]], done: Evaluated, ends_at: float
    ) -> None:
        """Those for which there is no time are due again when their claim is over."""
        room = asyncio.Semaphore(AT_ONCE)

        async def judge(workspace_id: str, rule_id: str) -> None:
            async with room:
                if monotonic() < ends_at:
                    await self._judge(workspace_id, rule_id, done)

        ended = await asyncio.gather(*(judge(*one) for one in claimed), return_exceptions=True)
        for failed in ended:
            if failed is not None:
                raise failed

    async def _judge(self, workspace_id: str, rule_id: str, done: Evaluated) -> None:
        """What is too much at once, is tried in smaller parts, and without what late facts have
        changed: or it would never be less."""
        for most in PARTS:
            kept = None
            try:
                async with self._database.reading(workspace_id) as session:
                    kept = await find_rule(session, rule_id)
                    if kept is None or not kept.is_enabled:
                        return
                    work = await _look(session, kept, most)
                await self._act(workspace_id, kept, work, done)
                return
            except OF_THE_RULE as failed:
                if kept is None:
                    raise
                if most == PARTS[-1]:
                    await self._note_failure(workspace_id, kept, failed, done)

    async def _act(
        self, workspace_id: str, kept: KeptRule, work: _Work | None, done: Evaluated
    ) -> None:
        async with self._database.writing(workspace_id) as session:
            if work is None:
                done.incomplete += 1
                await postpone(session, kept, session.as_of + RETRY)
            elif (has_open := await hold_rule(session, kept)) is not None:
                _count(done, work, await _go_on(session, work, has_open=has_open))

    async def _note_failure(
        self, workspace_id: str, kept: KeptRule, failed: Exception, done: Evaluated
    ) -> None:
        done.failed += 1
        log = structlog.get_logger("alerts")
        log.warning("rule failed", workspace=workspace_id, rule=kept.rule_id, error=repr(failed))
        reason = failed.reason if isinstance(failed, Fault) else "INTERNAL"
        interval = rule_of(kept.rule_id, read(kept.definition)).interval
        async with self._database.writing(workspace_id) as session:
            await postpone(session, kept, session.as_of + interval, reason)


async def _look(session: Session, kept: KeptRule, most: int) -> _Work | None:
    """None if the facts are not complete enough to judge anything."""
    message = read(kept.definition)
    rule = rule_of(kept.rule_id, message)
    if session.complete_until is None:
        return None
    complete = session.complete_until - rule.data_delay
    behind = max(kept.judged_until, complete - OLDEST)
    new = list(moments_between(rule, behind, complete))[:most]
    if not new:
        return None
    since = await _changed_since(session, kept) if most == MOST_MOMENTS else None
    first = late_start(behind, kept.judged_from, since)
    moments = [*moments_between(rule, first, behind), *new]
    seen = await observe(session, rule, moments)
    return _Work(kept, message, rule, moments, seen, session.revision)


async def _changed_since(session: Session, kept: KeptRule) -> datetime | None:
    """The earliest time of which facts have come, or changed, since the rule was judged."""
    if session.revision == kept.judged_revision:
        return None
    return await earliest_touched(session, kept.judged_revision)


async def _go_on(session: Session, work: _Work, *, has_open: bool) -> Run:
    run = Run(work.rule)
    run.judge(work.seen, work.moments)
    # Almost always nothing is open, and nothing begins.
    if has_open or run.happened:
        run = await _run_from_what_is(session, work.rule)
        run.judge(work.seen, work.moments)
        await _keep(session, work, run)
    until = work.moments[-1]
    due_at = until + work.rule.interval + work.rule.data_delay
    await note_judged(session, work.kept, until, work.revision, due_at)
    return run


async def _run_from_what_is(session: Session, rule: Rule) -> Run:
    since = session.as_of - OLDEST - LONGEST_COOLDOWN
    return Run(
        rule,
        open=await open_alerts(session, rule.rule_id),
        ended=await ended_groups(session, rule.rule_id, since),
        silences=await silences_of_now(session, rule.rule_id),
    )


async def _keep(session: Session, work: _Work, run: Run) -> None:
    # Those that are over make room first: a group has one open alert.
    await save_alerts(session, [*run.closed, *run.open.values()])
    await forget_pending(session, list(run.gone))
    await note_transitions(session, ((alert.alert_id, one) for alert, one in run.lasting))
    for alert, transition in run.lasting:
        told = event_by_rule(work.rule, work.message, alert, transition)
        if told is not None:
            await publish(session, told)


def _count(done: Evaluated, work: _Work, run: Run) -> None:
    done.judged += 1
    done.judgements += len(work.moments)
    done.triggered += run.count("triggered")
    done.resolved += run.count("resolved")
