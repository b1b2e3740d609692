"""Has the rules judged that are due, by portions of workspaces, several at a time."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from time import monotonic

from services.alerts.failed_jobs import judge_jobs
from services.alerts.judging import Evaluated, Judge
from services.runtime.failpoints import Failpoints
from services.warehouse.alerts.rules import DueRules
from services.warehouse.database import Database

NO_FAILPOINTS = Failpoints()
AT_ONCE = 3
PORTION = 200
TOGETHER = 20


class Evaluator:
    """Has the rules of workspaces judged."""

    def __init__(
        self, database: Database, due: DueRules, failpoints: Failpoints = NO_FAILPOINTS
    ) -> None:
        self._database = database
        self._due = due
        self._judge = Judge(database, failpoints)

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

        async def judge(workspace_id: str, rule_ids: Sequence[str]) -> None:
            async with room:
                if monotonic() < ends_at:
                    await self._judge.judge(workspace_id, rule_ids, done, ends_at)

        portions = _portions(claimed)
        ended = await asyncio.gather(*(judge(*one) for one in portions), return_exceptions=True)
        for failed in ended:
            if failed is not None:
                raise failed


def _portions(claimed: Sequence[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    """Some rules of one workspace each."""
    by_workspace: dict[str, list[str]] = defaultdict(list)
    for workspace_id, rule_id in claimed:
        by_workspace[workspace_id].append(rule_id)
    for workspace_id, rule_ids in by_workspace.items():
        for place in range(0, len(rule_ids), TOGETHER):
            yield workspace_id, rule_ids[place : place + TOGETHER]
