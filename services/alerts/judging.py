"""Judges the rules that are due. What a rule finds is committed with how far it was judged.

Facts are read first, in a transaction that holds nothing; then the rule is held, unless somebody
was faster, and its alerts go on from where they are. So no window is judged twice, however many
do this at a time, and nobody waits for whoever reads.

Rules of a workspace are read together, and those that found nothing are noted together, which most
do. Whatever there is to keep or to tell of a rule is its own, and so is what goes wrong: it is
judged once more alone.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

import structlog

from services.alerts.events import event_by_rule
from services.alerts.looking import Looking, Work
from services.alerts.running import Run
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
    KeptRule,
    find_rule,
    find_rules,
    hold_rule,
    note_failure,
    note_judged,
    note_judged_quietly,
    postpone,
)
from services.warehouse.database import Database, Session, UnwritableError

MOST_VALUES = 100_000
"""Of groups at windows: rules that are read together keep no more until they are judged."""
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


class Judge:
    """Judges rules of one workspace at a time."""

    def __init__(self, database: Database, failpoints: Failpoints) -> None:
        self._database = database
        self._failpoints = failpoints

    async def judge(
        self, workspace_id: str, rule_ids: Sequence[str], done: Evaluated, ends_at: float
    ) -> None:
        looked, others = await self._look(workspace_id, rule_ids, ends_at)
        noted = await self._note_quiet(workspace_id, [one for _, one in looked if one], done)
        for kept, work in looked:
            if kept.rule_id not in noted:
                act = self._act(workspace_id, kept, work, done)
                await self._own(workspace_id, kept.rule_id, act, done)
        for rule_id in others:
            if monotonic() < ends_at:
                alone = self._judge_alone(workspace_id, rule_id, done)
                await self._own(workspace_id, rule_id, alone, done)

    async def _look(
        self, workspace_id: str, rule_ids: Sequence[str], ends_at: float
    ) -> tuple[list[tuple[KeptRule, Work | None]], list[str]]:
        """What is known of rules; and those that are judged alone, since it was too much, or
        something went wrong with the first of them: nothing more can be read beside it."""
        looked: list[tuple[KeptRule, Work | None]] = []
        async with self._database.reading(workspace_id) as session:
            looking, rules = Looking(session), await find_rules(session, rule_ids)
            for kept in rules:
                look = looking.look(kept, PARTS[0])
                [found] = await asyncio.gather(look, return_exceptions=True)
                if isinstance(found, BaseException):
                    break
                looked.append((kept, found))
                self._failpoints.reach("judge.read")
                if looking.values > MOST_VALUES or monotonic() >= ends_at:
                    break
        return looked, [kept.rule_id for kept in rules[len(looked) :]]

    async def _note_quiet(
        self, workspace_id: str, works: Sequence[Work], done: Evaluated
    ) -> set[str]:
        """At once those that found nothing. Answers with those for which it could be done."""
        quiet = {work.kept.rule_id: work for work in works if work.is_quiet}
        if not quiet:
            return set()
        judged = [(work.kept, work.judged) for work in quiet.values()]
        try:
            async with self._database.writing(workspace_id) as session:
                noted = await note_judged_quietly(session, judged)
                self._failpoints.reach("judge.kept")
        except OF_THE_RULE:
            return set()
        for rule_id in noted:
            _count(done, quiet[rule_id], Run(quiet[rule_id].rule))
        self._failpoints.reach("judge.committed")
        return noted

    async def _own(
        self, workspace_id: str, rule_id: str, deed: Coroutine[Any, Any, None], done: Evaluated
    ) -> None:
        for failed in await asyncio.gather(deed, return_exceptions=True):
            if failed is not None:
                await self._tell_failure(workspace_id, rule_id, failed, done)

    async def _judge_alone(self, workspace_id: str, rule_id: str, done: Evaluated) -> None:
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
            work = await Looking(session).look(kept, most)
        self._failpoints.reach("judge.read")
        await self._act(workspace_id, kept, work, done)

    async def _act(
        self, workspace_id: str, kept: KeptRule, work: Work | None, done: Evaluated
    ) -> None:
        async with self._database.writing(workspace_id) as session:
            if work is None:
                done.incomplete += 1
                await postpone(session, kept, session.as_of + RETRY)
            elif (has_open := await hold_rule(session, kept)) is not None:
                _count(done, work, await _go_on(session, work, has_open=has_open))
                self._failpoints.reach("judge.kept")
        self._failpoints.reach("judge.committed")

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


async def _go_on(session: Session, work: Work, *, has_open: bool) -> Run:
    run = Run(work.rule)
    # Almost always nothing is open, and nothing begins.
    if has_open or not work.is_quiet:
        run = await run_from_what_is(session, work.rule)
        run.judge(work.rule, work.seen, work.moments)
        await keep(session, run, partial(event_by_rule, work.rule, work.message))
    await note_judged(session, work.kept, work.judged)
    return run


def _count(done: Evaluated, work: Work, run: Run) -> None:
    done.judged += 1
    done.judgements += len(work.moments)
    done.count(run)
