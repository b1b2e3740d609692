"""What fuzzing takes for a fault, and that it finds what is planted."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from services.runtime.faults import InvalidArgument, NotFound
from services.runtime.status import to_status
from tools.fuzzing.callers import WORKSPACES, Callers
from tools.fuzzing.calling import Outcome
from tools.fuzzing.cases import HASTE_SECONDS, Case, Cases
from tools.fuzzing.damage import damaged
from tools.fuzzing.fuzzing import MOST_FINDINGS, Fuzzer
from tools.fuzzing.logs import LogWatch
from tools.fuzzing.rpcs import rpc_at, rpcs_of_the_contract
from tools.fuzzing.verdict import fault_of, has_reached_the_handler
from tools.fuzzing.words import Words

Codes = grpc.StatusCode
RPC = rpc_at("/shadower.bus.v1.DeadLettersService/ListDeadLetters")
RPC_REPLY = GetMessageClass(RPC.reply)
CASE = Case(RPC, (b"",), ())
HASTY = Case(RPC, (b"",), (), HASTE_SECONDS[0])
INVALID = to_status(InvalidArgument("VALIDATION_FAILED", "no"))
MISSING = to_status(NotFound("DEAD_LETTER_NOT_FOUND", "no"))


def status(code: grpc.StatusCode, *infos: ErrorInfo) -> Status:
    made = Status(code=code.value[0])
    for info in infos:
        made.details.add().Pack(info)
    return made


GOOD = [
    (CASE, Outcome(Codes.OK, 0, (b"",))),
    (CASE, Outcome(Codes.INVALID_ARGUMENT, 0, status=INVALID)),
    (CASE, Outcome(Codes.NOT_FOUND, 0, status=MISSING)),
    (HASTY, Outcome(Codes.DEADLINE_EXCEEDED, 0, was_let_go=True)),
]
OURS = ErrorInfo(reason="VALIDATION_FAILED", domain="shadower.dev")
BAD = [
    (CASE, Outcome(Codes.OK, 0, (b"\x0b",))),
    (CASE, Outcome(Codes.INTERNAL, 0, status=to_status(ValueError()))),
    (CASE, Outcome(Codes.UNKNOWN, 0)),
    (CASE, Outcome(Codes.UNAVAILABLE, 0)),
    (CASE, Outcome(Codes.UNIMPLEMENTED, 0)),
    (CASE, Outcome(Codes.DEADLINE_EXCEEDED, 60, was_let_go=True)),
    (CASE, Outcome(Codes.INVALID_ARGUMENT, 0)),
    (CASE, Outcome(Codes.NOT_FOUND, 0, status=INVALID)),
    (CASE, Outcome(Codes.NOT_FOUND, 0, status=status(Codes.NOT_FOUND))),
    (CASE, Outcome(Codes.NOT_FOUND, 0, status=status(Codes.NOT_FOUND, OURS, OURS))),
    (CASE, Outcome(Codes.NOT_FOUND, 0, status=status(Codes.NOT_FOUND, ErrorInfo(reason="NEW")))),
]


@pytest.mark.parametrize(("case", "outcome"), GOOD)
def test_an_answer_by_the_contract(case: Case, outcome: Outcome) -> None:
    assert fault_of(case, outcome) == ""


@pytest.mark.parametrize(("case", "outcome"), BAD)
def test_an_answer_that_is_a_finding(case: Case, outcome: Outcome) -> None:
    assert fault_of(case, outcome) != ""


def test_only_handlers_find_that_something_is_missing() -> None:
    reached = [has_reached_the_handler(outcome) for _, outcome in GOOD]
    assert reached == [True, False, True, False]


def test_the_same_seed_makes_the_same_inputs() -> None:
    def made(seed: int) -> list[tuple[bytes, ...]]:
        dice = Random(seed)
        cases = Cases(dice, Words(WORKSPACES), Callers((), (), ((),)), 1_000_000_000)
        return [cases.one_for(rpc).payloads for rpc in rpcs_of_the_contract() for _ in range(9)]

    assert made(1) == made(1) != made(2)


def test_damage_is_of_many_kinds() -> None:
    dice = Random(1)
    kinds = {damaged(dice, bytes(range(64))) for _ in range(200)}
    assert len(kinds) > 150
    assert any(len(one) < 64 for one in kinds)
    assert any(len(one) > 300 for one in kinds)


def test_what_went_well_is_asked_for_again() -> None:
    dice, words = Random(1), Words(WORKSPACES)
    words.learn(dice, RPC_REPLY(next_page_token="here"))
    assert "here" in {words.some(dice, "page_token") for _ in range(50)}


def test_only_new_complaints_are_heard(tmp_path: Path) -> None:
    log = tmp_path / "metrics.log"
    log.write_text('{"event": "internal error"}\n')
    watch = LogWatch([log])
    assert watch.complaints() == []
    log.write_text(log.read_text() + '{"event": "fine"}\n{"event": "internal error", "n": 2}\n')
    assert watch.complaints() == ['metrics.log: {"event": "internal error", "n": 2}']


class Broken(grpc.GenericRpcHandler):
    """Answers every method, and breaks on long messages."""

    def service(self, handler_call_details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._answer)

    async def _answer(self, request: bytes, _: Any) -> bytes:
        if len(request) > 40:
            raise ValueError
        return b""


@pytest.fixture
async def broken() -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([Broken()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    await server.stop(None)


async def test_a_planted_fault_is_found(broken: grpc.aio.Channel) -> None:
    dice, words = Random(1), Words(WORKSPACES)
    cases = Cases(dice, words, Callers((), (), ((),)), int(time.time()))
    fuzzer = Fuzzer({RPC.service: [broken]}, cases, words, dice)
    (tally,) = await fuzzer.run([RPC], 500)
    assert len(tally.findings) >= MOST_FINDINGS
    assert all(len(one.case.payloads[0]) > 40 for one in tally.findings)
    assert tally.findings[0].case.payloads[0].hex() in str(tally.findings[0].case)
