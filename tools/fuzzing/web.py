"""hypothesis over GraphQL and WebSockets, at the edge."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings

from tools.fuzzing.browsing import GRAPHQL, LIVE, PATIENCE, asked, talked
from tools.fuzzing.callers import OTHERS, WORKSPACES
from tools.fuzzing.frames import conversations
from tools.fuzzing.operations import operations, schema
from tools.fuzzing.words import Words

MOST_FINDINGS = 5


@dataclass
class WebTally:
    """How many there were, and what was wrong."""

    operations: int = 0
    conversations: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def has_enough(self) -> bool:
        return len(self.findings) >= MOST_FINDINGS

    @property
    def counted(self) -> str:
        return f"{self.operations} operations, {self.conversations} conversations on WebSockets"

    def note(self, fault: str, given: object) -> None:
        if fault:
            self.findings.append(f"{fault}\n  {given!r}")


@dataclass(frozen=True)
class WebRun:
    """Where, by whose token, and how much."""

    edge: str
    token: str
    inputs: int
    seed: int


def fuzz_web(run: WebRun) -> WebTally:
    tally = WebTally()
    with asyncio.Runner() as runner:
        http = httpx.AsyncClient(base_url=run.edge, timeout=PATIENCE, trust_env=False)
        _ask(run, tally, lambda query: runner.run(asked(http, query, run.token)))
        for protocol in (LIVE, GRAPHQL):
            _talk(run, tally, protocol, runner.run)
        runner.run(http.aclose())
    return tally


def _ask(run: WebRun, tally: WebTally, ask: Callable[[str], str]) -> None:
    @_many(run)
    @given(query=operations(schema(), (*WORKSPACES, *WORKSPACES, OTHERS)))
    def each(query: str) -> None:
        if not tally.has_enough:
            tally.operations += 1
            tally.note(ask(query), query)

    each()


def _talk(
    run: WebRun,
    tally: WebTally,
    protocol: str,
    wait: Callable[[Coroutine[Any, Any, str]], str],
) -> None:
    address = run.edge.replace("http", "ws", 1)

    @_many(run)
    @given(frames=conversations(Words(WORKSPACES), run.token, int(time.time())))
    def each(frames: list[str | bytes]) -> None:
        if not tally.has_enough:
            tally.conversations += 1
            tally.note(wait(talked(address, protocol, run.token, frames)), frames)

    each()


def _many(run: WebRun) -> Callable[[Any], Any]:
    """What is found is noted as it is, and the rest goes on."""
    chosen = settings(
        max_examples=run.inputs,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: seed(run.seed)(chosen(test))
