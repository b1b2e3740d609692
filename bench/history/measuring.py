"""How long answers take: each question to each workspace in turn, again and again."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import grpc

from bench.calling import Method, open_bare, open_method
from bench.history.questions import AGENT, QUESTIONS, Question, figures_of_rows, interval
from bench.history.raw import Connection, answer, connected
from bench.history.timing import Timed
from bench.stack import Stack

DAYS = timedelta(days=30)
ROUNDS = 5


@dataclass(frozen=True)
class Cell:
    """A question to a workspace: our answer, and the raw SQL's."""

    name: str
    executions: int
    ours: Timed
    raw: Timed

    @property
    def times_faster(self) -> float:
        return self.raw.milliseconds(50) / self.ours.milliseconds(50)


@dataclass
class Measured:
    """All cells, and the floor of each question: a bare handler of the same bytes."""

    cells: list[Cell] = field(default_factory=list)
    floors: dict[str, Timed] = field(default_factory=dict)

    def of_size(self, executions: int) -> list[Cell]:
        return [cell for cell in self.cells if cell.executions == executions]

    async def round(self) -> None:
        for floor in self.floors.values():
            await floor.round()
        for cell in self.cells:
            await cell.ours.round()
        # Each reads a whole history; what it drives out of memory, the next answer would pay for.
        for cell in self.cells:
            await cell.raw.round()


@dataclass
class Asker:
    """Asks of another interval each time, so that no answer has been given before."""

    workspace: str
    end: datetime
    question: Question
    method: Method
    database: Connection
    turns: Iterator[int] = field(default_factory=lambda: count(1))

    async def ask(self) -> bytes:
        return await self._ask(self._next_end())

    async def ask_raw(self) -> None:
        await self._ask_raw(self._next_end())

    async def checked(self) -> bytes:
        """The first answer; empty if there is none in time. Exits unless the raw SQL agrees."""
        try:
            reply = await self._ask(self.end)
        except grpc.aio.AioRpcError as error:
            print(f"{self.question.path} of {self.workspace}: {error.details()}", flush=True)
            return b""
        ours, raw = self.question.figures(reply), figures_of_rows(await self._ask_raw(self.end))
        if not ours.agree_with(raw):
            sys.exit(f"{self.question.path} of {self.workspace}: {ours}, but by raw SQL {raw}")
        return reply

    async def _ask(self, end: datetime) -> bytes:
        request = self.question.request(self.workspace, interval(end - DAYS, end))
        return await self.method(request.SerializeToString())

    async def _ask_raw(self, end: datetime) -> list[dict[str, Any]]:
        values = {"workspace": self.workspace, "agent": AGENT, "start": end - DAYS, "end": end}
        return await answer(self.database, self.question.statements, values)

    def _next_end(self) -> datetime:
        return self.end - next(self.turns) * timedelta(seconds=1)


def workspace_of(executions: int) -> str:
    return f"bench-{executions}"


async def measured(stack: Stack, sizes: Sequence[int], end: datetime) -> Measured:
    found = Measured()
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(await connected(stack.state["database_url"]))
        for name, question in QUESTIONS.items():
            askers = {}
            for size in sizes:
                method = await _method(opened, stack, question, size)
                askers[size] = Asker(workspace_of(size), end, question, method, database)
            found.cells += [_cell(name, size, asker) for size, asker in askers.items()]
            replies = [await asker.checked() for asker in askers.values()]
            found.floors[name] = Timed(partial(await open_bare(opened, replies[0]), b""))
        for _ in range(ROUNDS):
            await found.round()
    return found


async def _method(opened: AsyncExitStack, stack: Stack, question: Question, size: int) -> Method:
    address, token = stack.address_of(question.service), stack.token(workspace_of(size))
    return await open_method(opened, address, question.path, token)


def _cell(name: str, size: int, asker: Asker) -> Cell:
    return Cell(name, size, Timed(asker.ask), Timed(asker.ask_raw))
