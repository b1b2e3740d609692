"""Many inputs for many RPCs at once, and what became of them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from tools.fuzzing.calling import Outcome, outcome_of
from tools.fuzzing.cases import Case, Cases
from tools.fuzzing.rpcs import Rpc
from tools.fuzzing.verdict import fault_of, has_reached_the_handler, is_of_a_revoked_token
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
    started: int = 0
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
    """Calls RPCs where they are served, many calls of many of them at a time."""

    channels: Mapping[str, Sequence[grpc.aio.Channel]]
    """Of each service."""
    cases: Cases
    words: Words
    dice: Random
    at_once: int = 32
    """So many that writers meet readers; with many more, processes that share a small machine would
    be late rather than wrong."""
    goes_on: Callable[[], bool] = lambda: True
    tallies: list[Tally] = field(default_factory=list)
    _began: float = 0.0

    async def run(self, rpcs: Sequence[Rpc], inputs: int) -> list[Tally]:
        """All RPCs side by side, so that what is read is being written; those come first that had
        least, so that none is left behind whose calls take long."""
        self.tallies = [Tally(rpc) for rpc in rpcs]
        self._began = time.perf_counter()
        await asyncio.gather(*(self._work(inputs) for _ in range(self.at_once)))
        return self.tallies

    async def _work(self, inputs: int) -> None:
        while self.goes_on() and (tally := self._next(inputs)):
            tally.started += 1
            case = self.cases.one_for(tally.rpc)
            channels = self.channels[tally.rpc.service]
            outcome = await outcome_of(channels[tally.started % len(channels)], case)
            tally.note(case, outcome)
            tally.seconds = time.perf_counter() - self._began
            if is_of_a_revoked_token(outcome):
                self.cases.renew(case)
            if outcome.code is grpc.StatusCode.OK and tally.inputs < LEARNED_REPLIES:
                self._learn(case, outcome)

    def _next(self, inputs: int) -> Tally | None:
        wanted = (
            one
            for one in self.tallies
            if one.started < inputs and len(one.findings) < MOST_FINDINGS
        )
        return min(wanted, key=lambda tally: tally.started, default=None)

    def _learn(self, case: Case, outcome: Outcome) -> None:
        """What was accepted may be asked for, and what was answered leads further."""
        sent = [(case.rpc.request, payload) for payload in case.payloads]
        for kind, encoded in (*sent, *((case.rpc.reply, reply) for reply in outcome.replies)):
            try:
                self.words.learn(self.dice, GetMessageClass(kind).FromString(encoded))
            except DecodeError:
                # Of a stream, what came before it may have been enough.
                continue
