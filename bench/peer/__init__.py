"""A summary as JSON from us, through the edge, and from a service as people write it, in turns.

N is how many executions the workspace has (1000000).
"""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from bench.peer.exchange import caller
from bench.peer.load import IN_FLIGHT, Subject
from bench.peer.measuring import DAYS, WORKSPACE, Pair, measured
from bench.peer.running import running_peer
from bench.raising import raise_limits
from bench.report import conclude, report
from bench.rolling import roll_up
from bench.stack import Stack, running_stack
from tools.history import History, make_history

EXECUTIONS = 1_000_000
REPLICAS = os.cpu_count() or 1
# The edge is a process, too.
PEER_PROCESSES = REPLICAS + 1


def main() -> None:
    executions = int(os.environ.get("N") or EXECUTIONS)
    end = datetime.now(UTC).replace(microsecond=0)
    with ExitStack() as opened:
        home = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        stack = opened.enter_context(running_stack(home, "--replicas", f"workspaces={REPLICAS}"))
        asyncio.run(_make_history(stack, executions, end))
        peer = opened.enter_context(running_peer(stack, PEER_PROCESSES))
        pairs = uvloop.run(_measured(stack, peer, end))
    _print(pairs, executions)
    _conclude(pairs, executions)


async def _make_history(stack: Stack, executions: int, end: datetime) -> None:
    history = _history(executions, end)
    await make_history(stack.state["database_url"], history)
    for workspace in history.workspaces:
        await roll_up(stack, workspace)


def _history(executions: int, end: datetime) -> History:
    """Half of it in the interval that is asked for, half in the one that it is compared with."""
    return History((WORKSPACE,), end - 2 * DAYS, end, {"executions": executions})


async def _measured(stack: Stack, peer: str, end: datetime) -> dict[str, Pair]:
    await raise_limits(stack, [WORKSPACE])
    token = stack.token(WORKSPACE)
    async with caller(stack.edge, token) as ours, caller(peer, token) as theirs:
        return await measured(ours, theirs, end)


def _print(pairs: Mapping[str, Pair], executions: int) -> None:
    report(
        f"{executions:,} executions; {IN_FLIGHT} in flight, then requests at fixed times",
        ["answer", "answers/s", "failed", "at a rate of", "p50 ms", "p95 ms", "p99 ms"],
        [
            _row(subject, pair.arrival_rate)
            for pair in pairs.values()
            for subject in (pair.ours, pair.peer)
        ],
    )


def _row(subject: Subject, arrival_rate: float) -> list[str]:
    return [
        subject.name,
        f"{subject.rate:,.1f}",
        str(subject.failures),
        f"{arrival_rate:,.1f}",
        *(f"{subject.milliseconds(percent):,.2f}" for percent in (50, 95, 99)),
    ]


def _conclude(pairs: Mapping[str, Pair], executions: int) -> None:
    uncached, cached = pairs["uncached"], pairs["cached"]
    conclude(
        "peer",
        ratio=round(uncached.ratio, 3),
        ratio_cached=round(cached.ratio, 3),
        **_figures("", uncached),
        **_figures("_cached", cached),
        failed=sum(one.failures for pair in pairs.values() for one in (pair.ours, pair.peer)),
        executions=executions,
    )


def _figures(kind: str, pair: Pair) -> dict[str, float]:
    return {
        f"answers_per_second{kind}": round(pair.ours.rate, 2),
        f"peer_answers_per_second{kind}": round(pair.peer.rate, 2),
        f"p99_ms{kind}": round(pair.ours.milliseconds(99), 2),
        f"peer_p99_ms{kind}": round(pair.peer.milliseconds(99), 2),
    }
