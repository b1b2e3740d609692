"""Many inputs for many RPCs at once, and what became of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from tools.fuzzing.calling import Outcome, outcome_of
from tools.fuzzing.cases import Case, Cases
from tools.fuzzing.rpcs import Rpc
from tools.fuzzing.verdict import fault_of, has_reached_the_handler
from tools.fuzzing.words import Words

# Of one RPC; with so many, it has told enough.
MOST_FINDINGS = 5
LEARNED_REPLIES = 500


@dataclass(frozen=True)
class Finding:
    """An input, and what was wrong with the answer."""

    case: Case
    fault: str


@dataclass
class Tally:
    """How the calls of one RPC ended."""

    rpc: Rpc
    codes: Counter[str] = field(default_factory=Counter)
    reached: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    findings: list[Finding] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        return self.codes.total()

    def note(self, case: Case, outcome: Outcome) -> None:
        self.codes[outcome.code.name] += 1
        self.reached += has_reached_the_handler(outcome)
        self.slowest = max(self.slowest, outcome.seconds)
        fault = fault_of(case, outcome)
        if fault:
            self.findings.append(Finding(case, fault))


@dataclass
class Fuzzer:
    """Calls RPCs where they are served, several calls of each at a time."""

    channels: Mapping[str, Sequence[grpc.aio.Channel]]
    """Of each service."""
    cases: Cases
    words: Words
    dice: Random
    at_once: int = 2
    goes_on: Callable[[], bool] = lambda: True

    async def run(self, rpcs: Sequence[Rpc], inputs: int) -> list[Tally]:
        """All RPCs side by side, so that what is read is being written."""
        return await asyncio.gather(*(self._run_one(rpc, inputs) for rpc in rpcs))

    async def _run_one(self, rpc: Rpc, inputs: int) -> Tally:
        tally = Tally(rpc)
        channels = cycle(self.channels[rpc.service])
        left = iter(range(inputs))
        began = time.perf_counter()
        await asyncio.gather(*(self._work(tally, left, channels) for _ in range(self.at_once)))
        tally.seconds = time.perf_counter() - began
        return tally

    async def _work(
        self, tally: Tally, left: Iterator[int], channels: Iterator[grpc.aio.Channel]
    ) -> None:
        for _ in left:
            if not self.goes_on() or len(tally.findings) >= MOST_FINDINGS:
                return
            case = self.cases.one_for(tally.rpc)
            outcome = await outcome_of(next(channels), case)
            tally.note(case, outcome)
            if outcome.code is grpc.StatusCode.OK and tally.inputs < LEARNED_REPLIES:
                self._learn(case, outcome)

    def _learn(self, case: Case, outcome: Outcome) -> None:
        """What was accepted may be asked for, and what was answered leads further."""
        sent = [(case.rpc.request, payload) for payload in case.payloads]
        for kind, encoded in (*sent, *((case.rpc.reply, reply) for reply in outcome.replies)):
            try:
                self.words.learn(self.dice, GetMessageClass(kind).FromString(encoded))
            except DecodeError:
                # Of a stream, what came before it may have been enough.
                continue
