"""Three times as many calls as can be answered: how many still are, and how soon the rest hear no.

A closed loop finds how many GetMetrics a second the stack answers through its edge; an open loop
then sends three times as many, whatever comes back. Both take turns. Limits are raised, so that
what is refused is refused for want of room. A call counts as answered within two seconds.

T is how long each turn is (3s).
"""

import asyncio
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from bench import runs
from bench.overload.client import Client, request_bytes
from bench.overload.spending import Spending, spent
from bench.overload.turns import Caller, Turn
from bench.raising import raise_limits
from bench.report import conclude, percentile, report
from bench.stack import NO_CACHE, Stack, running_stack
from cli.durations import parse_duration

WORKSPACE = "bench"
EXECUTIONS = 1_000
# More than are ever in flight.
QUESTIONS = 20_000
ROUNDS = 5
IN_FLIGHT = 16
TIMES = 3
EXCESS_LIMIT_MS = 50
MIB = 1024 * 1024


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "3s").total_seconds()
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=NO_CACHE) as stack,
    ):
        asyncio.run(_measured(stack, seconds))


async def _measured(stack: Stack, seconds: float) -> None:
    peaks, loads = [], []
    edge = urlsplit(stack.edge)
    with closing(Client(str(edge.hostname), edge.port or 80)) as client:
        caller = Caller(client, await _questions(stack))
        await caller.closed_loop(IN_FLIGHT, 1)
        spendings = [spent(stack)]
        for _ in range(ROUNDS):
            peaks.append(await caller.closed_loop(IN_FLIGHT, seconds))
            spendings.append(spent(stack))
            loads.append(await caller.open_loop(TIMES * peaks[-1].rate, seconds))
            spendings.append(spent(stack))
    _print(peaks, loads, spendings)


async def _questions(stack: Stack) -> list[bytes]:
    token, end = stack.token(WORKSPACE), datetime.now(UTC)
    made = runs.generated_runs(EXECUTIONS, end)
    await runs.load(stack.address_of("ingest"), token, WORKSPACE, made)
    await raise_limits(stack, [WORKSPACE])
    return [request_bytes(_question(end, number), token) for number in range(QUESTIONS)]


def _question(end: datetime, number: int) -> str:
    """Each of another interval, since those who ask the same at once share an answer."""
    start = end - timedelta(days=runs.DAYS, milliseconds=number)
    between = {"interval.startTime": start, "interval.endTime": end}
    asked = {name: f"{time:%Y-%m-%dT%H:%M:%S.%f}Z" for name, time in between.items()}
    return f"/v1/workspaces/{WORKSPACE}/metrics?{urlencode({'metrics': 'executions', **asked})}"


def _print(peaks: list[Turn], loads: list[Turn], spendings: list[Spending]) -> None:
    report(
        f"{IN_FLIGHT} in flight, then {TIMES} times as many calls as were answered",
        ["round", "peak/s", "answered/s", "refused", "late", "refused p50 ms", "refused p99 ms"],
        [_row(*turn) for turn in enumerate(zip(peaks, loads, strict=True), start=1)],
    )
    cores = {
        "at the peak": _cores(peaks, spendings[0::2], spendings[1::2]),
        "beyond it": _cores(loads, spendings[1::2], spendings[2::2]),
    }
    names = list(cores["beyond it"])
    rows = [[when, *(f"{used[name]:.2f}" for name in names)] for when, used in cores.items()]
    report("Cores in use", ["", *names], rows)
    refused = [seconds for load in loads for seconds in load.refused]
    pairs = zip(loads, peaks, strict=True)
    conclude(
        "overload",
        ratio=round(statistics.median(load.rate / peak.rate for load, peak in pairs), 3),
        peak_per_second=round(statistics.median(peak.rate for peak in peaks), 1),
        refused=len(refused),
        late=sum(load.late for load in loads),
        other_statuses=dict(sum((load.others for load in loads), Counter())),
        refused_p50_ms=_milliseconds(refused, 50),
        refused_p99_ms=_milliseconds(refused, 99),
        refused_p99_ms_of_median_round=_of_median_round(loads),
        refused_limit_ms=EXCESS_LIMIT_MS,
        memory_growth_mib=_growth(spendings[0], spendings[-1]),
    )


def _row(number: int, turn: tuple[Turn, Turn]) -> list[str]:
    peak, load = turn
    figures = (len(load.refused), load.late, *(_milliseconds(load.refused, p) for p in (50, 99)))
    return [str(number), f"{peak.rate:.0f}", f"{load.rate:.0f}", *map(str, figures)]


def _milliseconds(seconds: list[float], percent: float) -> float | None:
    return round(percentile(seconds, percent) * 1000, 1) if seconds else None


def _of_median_round(loads: list[Turn]) -> float | None:
    """Which a stall of the machine in one of them does not change."""
    found = [percentile(load.refused, 99) for load in loads if load.refused]
    return round(statistics.median(found) * 1000, 1) if found else None


def _cores(
    turns: list[Turn], before: Iterable[Spending], after: Iterable[Spending]
) -> dict[str, float]:
    """Of each process, on the average of those turns."""
    total: Counter[str] = Counter()
    for one, other in zip(before, after, strict=False):
        total.update({name: other.cpu[name] - one.cpu[name] for name in one.cpu})
    seconds = sum(turn.seconds for turn in turns)
    return {name: used / seconds for name, used in total.items()}


def _growth(before: Spending, after: Spending) -> dict[str, float]:
    return {
        name: round((after.memory[name] - then) / MIB, 1) for name, then in before.memory.items()
    }
