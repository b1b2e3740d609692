"""Judges the rules that are due. What a rule finds is committed with how far it was judged.

Facts are read first, in a transaction that holds nothing; then the rule is held, unless somebody
was faster, and its alerts go on from where they are. So no window is judged twice, however many
do this at a time, and nobody waits for whoever reads.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

import structlog
from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.events import event_by_rule
from services.alerts.failed_jobs import judge_jobs
from services.alerts.observations import Observations
from services.alerts.observing import observe
from services.alerts.rule import Rule
from services.alerts.rules import read, rule_of
from services.alerts.running import OLDEST, Run, late_start, moments_between
from services.alerts.settling import keep, run_from_what_is
from services.runtime.failpoints import Failpoints
from services.runtime.faults import (
    DeadlineExceeded,
    Fault,
    InvalidArgument,
    ResourceExhausted,
    Unavailable,
)
from services.warehouse.alerts.rules import (
    DueRules,
    Judged,
    KeptRule,
    find_rule,
    hold_rule,
    note_failure,
    note_judged,
    postpone,
)
from services.warehouse.database import Database, Session, UnwritableError
from services.warehouse.facts.changes import earliest_touched

NO_FAILPOINTS = Failpoints()
AT_ONCE = 3
PORTION = 30
MOST_MOMENTS = 288
PARTS = (MOST_MOMENTS, 16, 1)
"""What a rule has to catch up beyond that, it does when it is judged next."""
RETRY = timedelta(seconds=10)
AFTER_FAILURE = timedelta(minutes=5)
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

    def count(self, run: Run) -> None:
        self.triggered += run.count("triggered")
        self.resolved += run.count("resolved")


@dataclass(frozen=True)
class _Work:
    """A rule, and what is known of the moments in which it is judged."""

    kept: KeptRule
    message: AlertRule
    rule: Rule
    moments: Sequence[datetime]
    seen: Observations
    judged: Judged


class Evaluator:
    """Has the rules of workspaces judged."""

    def __init__(
        self, database: Database, due: DueRules, failpoints: Failpoints = NO_FAILPOINTS
    ) -> None:
        self._database = database
        self._due = due
        self._failpoints = failpoints

    async def evaluate(
        self, workspace_id: str | None, most_rules: int, most_time: timedelta
    ) -> Evaluated:
        """Those of a workspace, or of all, and then also what the scheduler has done."""
        done, begun, ends_at = Evaluated(), 0, monotonic() + most_time.total_seconds()
        if workspace_id is None:
            done.count(await judge_jobs(self._database))
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
        for one, failed in zip(claimed, ended, strict=True):
            if failed is not None:
                await self._tell_failure(*one, failed, done)

    async def _judge(self, workspace_id: str, rule_id: str, done: Evaluated) -> None:
        """What is too much at once, is tried in smaller parts."""
        for most in PARTS:
            try:
                await self._judge_part(workspace_id, rule_id, most, done)
            except OF_THE_RULE:
                if most == PARTS[-1]:
                    raise
            else:
                return

    async def _judge_part(
        self, workspace_id: str, rule_id: str, most: int, done: Evaluated
    ) -> None:
        async with self._database.reading(workspace_id) as session:
            kept = await find_rule(session, rule_id)
            if kept is None or not kept.is_enabled:
                return
            work = await _look(session, kept, most)
        self._failpoints.reach("judge.read")
        await self._act(workspace_id, kept, work, done)
        self._failpoints.reach("judge.committed")

    async def _act(
        self, workspace_id: str, kept: KeptRule, work: _Work | None, done: Evaluated
    ) -> None:
        async with self._database.writing(workspace_id) as session:
            if work is None:
                done.incomplete += 1
                await postpone(session, kept, session.as_of + RETRY)
            elif (has_open := await hold_rule(session, kept)) is not None:
                _count(done, work, await _go_on(session, work, has_open=has_open))
                self._failpoints.reach("judge.kept")

    async def _tell_failure(
        self, workspace_id: str, rule_id: str, failed: BaseException, done: Evaluated
    ) -> None:
        """Whatever is wrong with a rule is its own. Raises what is nobody's: that the database is
        away, or that all of this is to end."""
        if isinstance(failed, (Unavailable, TimeoutError)) or not isinstance(failed, Exception):
            raise failed
        done.failed += 1
        log = structlog.get_logger("alerts")
        log.warning("rule failed", workspace=workspace_id, rule=rule_id, error=repr(failed))
        reason = failed.reason if isinstance(failed, Fault) else "INTERNAL"
        async with self._database.writing(workspace_id) as session:
            await note_failure(session, rule_id, AFTER_FAILURE, reason)


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
    first = late_start(behind, kept.judged_from, kept.late_from, await _changed(session, kept))
    moments = [*moments_between(rule, first, behind), *new][:most]
    seen = await observe(session, rule, moments)
    judged = _judged(rule, behind, moments[-1], session)
    return _Work(kept, message, rule, moments, seen, judged)


def _judged(rule: Rule, behind: datetime, last: datetime, session: Session) -> Judged:
    """If there was too much that came late, the rest of that comes first when it is judged next."""
    if last < behind:
        return Judged(behind, session.revision, last, session.as_of)
    due_at = last + rule.interval + rule.data_delay
    return Judged(last, session.revision, None, due_at)


async def _changed(session: Session, kept: KeptRule) -> datetime | None:
    """The earliest time of which facts have come, or changed, since the rule was judged."""
    if session.revision == kept.judged_revision:
        return None
    return await earliest_touched(session, kept.judged_revision)


async def _go_on(session: Session, work: _Work, *, has_open: bool) -> Run:
    run = Run(work.rule)
    run.judge(work.rule, work.seen, work.moments)
    # Almost always nothing is open, and nothing begins.
    if has_open or run.happened:
        run = await run_from_what_is(session, work.rule)
        run.judge(work.rule, work.seen, work.moments)
        await keep(session, run, partial(event_by_rule, work.rule, work.message))
    await note_judged(session, work.kept, work.judged)
    return run


def _count(done: Evaluated, work: _Work, run: Run) -> None:
    done.judged += 1
    done.judgements += len(work.moments)
    done.count(run)
