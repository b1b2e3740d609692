"""Decorates functions that are agents, and encloses runs and calls of tools."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar, Unpack

from shadower_client.api.ingest import MetricPoint
from shadower_client.producing.producer import Producer
from shadower_client.producing.producer_async import AsyncProducer
from shadower_client.producing.settings import Fact
from shadower_client.tracking.describing import Description
from shadower_client.tracking.failing import Classify, failure_of
from shadower_client.tracking.run import CURRENT, Run, leave
from shadower_client.tracking.wrapping import wrapped

P = ParamSpec("P")
R = TypeVar("R")

LOG = logging.getLogger("shadower_client.tracking")

TOOL_SECONDS = "tool_call.seconds"
"""The metric of calls of tools."""


class Tracker:
    """Records runs by a producer. It may be made without one, where functions are decorated when
    their module is imported, and given one later; until then nothing is recorded.

    Recording never waits, and never raises into what is tracked: a run for which the producer has
    no room is in its counts as refused, and in the log.

    :param announces: Whether runs are also recorded when they begin, so that they are seen running.
    :param classify: What kind of error an exception is, where its class does not say it.
    """

    def __init__(
        self,
        producer: Producer | AsyncProducer | None = None,
        *,
        announces: bool = False,
        classify: Classify | None = None,
    ) -> None:
        self.producer = producer
        self._announces = announces
        self._classify = classify

    def track_agent(
        self, agent_id: str, **description: Unpack[Description]
    ) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Each call of the function is a run: of a coroutine until it returns, of a generator from
        its first item to its end. What it raises is how the run failed, and goes on to the caller.
        """
        Run(agent_id=agent_id, **description)  # A misspelt name is told here, and not by each call.

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            return wrapped(function, lambda: self._begin(agent_id, description), self._end)

        return decorate

    @contextmanager
    def run(self, agent_id: str, **description: Unpack[Description]) -> Iterator[Run]:
        """A run of an agent, within the one that is going on, if any."""
        run = self._begin(agent_id, description)
        token = CURRENT.set(run)
        try:
            yield run
        except BaseException as error:
            self._end(run, error)
            raise
        else:
            self._end(run, None)
        finally:
            leave(token)

    @contextmanager
    def tool_call(self, name: str) -> Iterator[None]:
        """Counts in the run that is going on, and is a point of the metric tool_call.seconds, by
        tool, agent and outcome."""
        began = time.perf_counter()
        outcome = "succeeded"
        try:
            yield
        except BaseException as error:
            outcome = failure_of(error, self._classify).status.name.lower()
            raise
        finally:
            _count_call()
            seconds = time.perf_counter() - began
            self._record(lambda: _tool_point(name, outcome, seconds))

    def _begin(self, agent_id: str, description: Description) -> Run:
        parent = CURRENT.get()
        inherited: dict[str, Any] = {}
        if parent:
            inherited = {
                "parent_execution_id": parent.execution_id,
                "conversation_id": parent.conversation_id,
                "user_id": parent.user_id,
            }
        run = Run(agent_id=agent_id, **{**inherited, **description})
        if self._announces:
            self._record(run.begun)
        return run

    def _end(self, run: Run, error: BaseException | None) -> None:
        if error is not None:
            run.failure = failure_of(error, self._classify)
        self._record(run.ended)

    def _record(self, fact: Callable[[], Fact]) -> None:
        if self.producer is None:
            return
        try:
            self.producer.record_nowait(fact())
        # A spool that is broken, a number that is none: whatever it is, it is not what is tracked.
        except Exception as error:  # noqa: BLE001
            LOG.warning("a run was not recorded: %s", error)


def _count_call() -> None:
    if run := CURRENT.get():
        run.tool_calls = (run.tool_calls or 0) + 1


def _tool_point(name: str, outcome: str, seconds: float) -> MetricPoint:
    run = CURRENT.get()
    tags = {"tool": name[:256], "outcome": outcome}
    if run:
        tags["agent_id"] = run.agent_id
    now = datetime.now(UTC)
    return MetricPoint(metric_type=TOOL_SECONDS, value=seconds, timestamp=now, tags=tags)
