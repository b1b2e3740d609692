"""What the Python client costs its callers: microseconds by which a tracked run is longer than a
bare one, while what is recorded is sent to a server that does nothing. N is how many runs a round
has.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from shadower_client import Client, Producer, Tracker

from bench import bare
from bench.calling import run_beside
from bench.report import conclude, report

RUNS, ROUNDS = 2_000, 7
RECORD = "/shadower.ingest.v1.IngestService/RecordExecutions"
Round = Callable[[int], Awaitable[None]]


def main() -> None:
    asyncio.run(_measure(int(os.environ.get("N") or RUNS)))


@dataclass(frozen=True)
class Shapes:
    """The same nothing, as a function of each kind."""

    tracker: Tracker | None

    def rounds(self) -> dict[str, Round]:
        return {
            "function": self._function(),
            "coroutine": self._coroutine(),
            "generator": self._generator(),
        }

    def _function(self) -> Round:
        def agent(question: str) -> str:
            return question

        call = self.tracker.track_agent("bench", model="m")(agent) if self.tracker else agent

        async def round_(runs: int) -> None:
            for _ in range(runs):
                call("why")

        return round_

    def _coroutine(self) -> Round:
        async def agent(question: str) -> str:
            return question

        call = self.tracker.track_agent("bench", model="m")(agent) if self.tracker else agent

        async def round_(runs: int) -> None:
            for _ in range(runs):
                await call("why")

        return round_

    def _generator(self) -> Round:
        def agent(question: str) -> Iterator[str]:
            yield from question

        call = self.tracker.track_agent("bench", model="m")(agent) if self.tracker else agent

        async def round_(runs: int) -> None:
            for _ in range(runs):
                for _ in call("why"):
                    pass

        return round_


async def _measure(runs: int) -> None:
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        client = opened.enter_context(_client(opened, folder))
        nothing = await _seconds(Shapes(None), runs, None)
        without = await _seconds(Shapes(Tracker()), runs, None)
        kept = {}
        for name, spool in (("memory", None), ("spool", folder / "spool.db")):
            producer = client.producer(spool=spool, batch_seconds=0.1)
            kept[name] = await _seconds(Shapes(Tracker(producer)), runs, producer)
            assert producer.counts().sent == producer.counts().taken
            producer.close()
    _print(nothing, without, kept)


def _client(opened: AsyncExitStack, folder: Path) -> Client:
    (folder / "reply").write_bytes(b"")
    address = f"unix:{folder / 'bare.sock'}"
    run_beside(opened, bare.start_arguments(str(folder / "reply"), address, RECORD))
    return Client(address, token="t", workspace="bench")


async def _seconds(shapes: Shapes, runs: int, producer: Producer | None) -> dict[str, float]:
    """By kind of function, of one run: the median of rounds."""
    return {name: await _median(one, runs, producer) for name, one in shapes.rounds().items()}


async def _median(round_: Round, runs: int, producer: Producer | None) -> float:
    took: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await round_(runs)
        took.append((time.perf_counter() - began) / runs)
        if producer:
            assert producer.flush(60), producer.trouble
    return statistics.median(took)


def _print(
    nothing: dict[str, float], without: dict[str, float], kept: dict[str, dict[str, float]]
) -> None:
    columns = {"no producer": without, **kept}
    more = {
        column: {kind: (took[kind] - nothing[kind]) * 1e6 for kind in nothing}
        for column, took in columns.items()
    }
    report(
        "µs by which a run is longer when it is tracked",
        ["", *columns],
        [[kind, *_texts([more[column][kind] for column in columns])] for kind in nothing],
    )
    conclude("client", ratio=more["memory"]["function"], microseconds=more)


def _texts(values: Sequence[float]) -> list[str]:
    return [f"{value:.1f}" for value in values]
