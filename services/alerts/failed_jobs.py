"""Jobs of the scheduler that have failed are alerts, which are over when the job succeeds.

They are judged as groups of a rule are, by the ledger of runs, each run that has ended once.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shadower.alerts.v1.alert_rule_pb2 import SEVERITY_CRITICAL

from services.alerts.conditions import Verdict
from services.alerts.events import event
from services.alerts.observations import key_of
from services.alerts.rule import Telling
from services.alerts.running import Run
from services.alerts.settling import keep, run_from_what_is
from services.alerts.stepping import UNKNOWN
from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.warehouse.alerts.alerts import Alert, Transition
from services.warehouse.alerts.rules import take_turn
from services.warehouse.bus.publishing import Published
from services.warehouse.database import Database, Session
from services.warehouse.schedule.runs import FAILED, SUCCEEDED, runs_to_judge
from services.warehouse.schedule.runs import Run as JobRun

RULE = Telling("shadower.jobs", "A job has failed", SEVERITY_CRITICAL)
"""Its id is none that a caller may choose."""
Errors = Mapping[tuple[str, datetime | None], str]
FORGOTTEN_AFTER = timedelta(days=8)
"""Longer than from one run of a job to the next, which is a week at most by default."""


async def judge_jobs(database: Database) -> Run:
    """In the workspace of the system itself."""
    async with database.writing(SYSTEM_WORKSPACE) as session:
        await take_turn(session)
        run = await run_from_what_is(session, RULE)
        ended = await runs_to_judge(session)
        for one in ended:
            _judge(run, one)
        _forget(run, session)
        errors = {(one.job, one.ended_at): one.error for one in ended}
        await keep(session, run, partial(_told, errors))
    return run


def _judge(run: Run, ended: JobRun) -> None:
    if ended.ended_at is None or ended.outcome not in (SUCCEEDED, FAILED):
        return
    labels = {"job": ended.job}
    verdict = Verdict(holds=ended.outcome == FAILED, reason=ended.error)
    run.step(key_of(labels), labels, verdict, ended.ended_at)


def _forget(run: Run, session: Session) -> None:
    """Those of jobs that are not done any more."""
    for key, alert in list(run.open.items()):
        if session.as_of - alert.judged_at > FORGOTTEN_AFTER:
            run.step(key, alert.group_labels, Verdict(holds=False, reason=UNKNOWN), session.as_of)


def _told(errors: Errors, alert: Alert, transition: Transition) -> Published | None:
    """With why it failed."""
    told = event(alert, transition)
    error = errors.get((alert.group_labels["job"], transition.judged_at))
    return replace(told, data={**told.data, "error": error}) if told and error else told
