"""Judges many rules of ten workspaces, and asks the query engine the same questions alone."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
from shadower.alerts.v1.alert_rule_pb2 import AlertRule

from services.alerts.evaluating import AT_ONCE, Evaluator
from services.alerts.keeping import make_rule
from services.alerts.observing import observe
from services.alerts.rules import rule_of
from services.runtime.pool import EVALUATOR_ROLE, open_pool
from services.runtime.settings import Settings
from services.warehouse.alerts.rules import DueRules
from services.warehouse.database import Database
from tools.history import History, make_history

WORKSPACES = tuple(f"alerts-{number}" for number in range(10))
EXECUTIONS = 100_000
AGENTS, ONE_IN = 20, 10
KINDS = f"1 in {ONE_IN} anomalies, else thresholds; {AGENTS} agents in each workspace"
LONG = timedelta(minutes=10)


@dataclass(frozen=True)
class Taken:
    """Seconds to judge all rules once, and to ask one by one what they ask."""

    judged: float
    queries: float


async def taken(database_url: str, count: int) -> Taken:
    now = datetime.now(UTC)
    history = History(WORKSPACES, now - timedelta(days=30), now, {"executions": EXECUTIONS})
    await _pause_the_scheduler(database_url)
    await make_history(database_url, history)
    settings = Settings(DATABASE_URL=database_url, jwks_file=Path("unused"))
    async with open_pool(settings) as pool, open_pool(settings, EVALUATOR_ROLE) as due:
        database = Database(pool)
        await _make(database, count)
        await _let_be_due(database_url)
        queries = await _ask(database, count)
        judged = await _judged(Evaluator(database, DueRules(due)), count)
    return Taken(judged, queries)


async def _pause_the_scheduler(database_url: str) -> None:
    """Of the same stack, which has rules judged each minute, too."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "insert into shadower.scheduled_jobs (workspace_id, job, is_paused)"
        " values ('shadower-system', 'evaluate_alerts', true)"
        " on conflict (workspace_id, job) do update set is_paused = true"
    )
    await connection.close()


def _message(number: int) -> AlertRule:
    """Of the agents of each workspace in turn; some are about what is unusual."""
    number //= len(WORKSPACES)
    agent = number % AGENTS
    said: dict[str, Any] = {
        "name": f"Runs of agent {agent} fail",
        "severity": 2,
        "metric": "error_rate",
        "filter": {"agent_ids": [f"agent-{agent}"]},
        "window": {"seconds": 900},
    }
    if number // AGENTS % ONE_IN == 0:
        said["anomaly"] = {"direction": 1}
    else:
        said["threshold"] = {"comparator": 1, "threshold": 0.9}
    return AlertRule(**said)


async def _make(database: Database, count: int) -> None:
    for number in range(count):
        async with database.writing(WORKSPACES[number % len(WORKSPACES)]) as session:
            await make_rule(session, f"rule-{number}", _message(number), "bench")


async def _let_be_due(database_url: str) -> None:
    """As if all had been judged five minutes ago, and their interval were over."""
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "update shadower.alert_rules set due_at = now(), judged_revision = 0,"
        " judged_until = now() - interval '5 minutes'"
    )
    await connection.close()


async def _judged(evaluator: Evaluator, count: int) -> float:
    began = time.perf_counter()
    done = await evaluator.evaluate(None, count, LONG)
    spent = time.perf_counter() - began
    if done.judged != count:
        raise RuntimeError(f"{count} rules were due, and {done} was done")
    return spent


async def _ask(database: Database, count: int) -> float:
    """The same questions, as many at once, and nothing kept."""
    moment = datetime.now(UTC).replace(second=0, microsecond=0)
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(number: int) -> None:
        rule = rule_of("r", _message(number))
        async with room, database.reading(WORKSPACES[number % len(WORKSPACES)]) as session:
            await observe(session, rule, [moment])

    began = time.perf_counter()
    await asyncio.gather(*(ask(number) for number in range(count)))
    return time.perf_counter() - began
