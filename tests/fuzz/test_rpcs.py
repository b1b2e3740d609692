"""Whatever an RPC is sent, it answers by the contract, and its process goes on."""

import time
from collections.abc import Callable
from random import Random

import pytest
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.stack import Stack
from tools.fuzzing.callers import WORKSPACES, Callers
from tools.fuzzing.calling import outcome_of
from tools.fuzzing.cases import Cases
from tools.fuzzing.fuzzing import Fuzzer, Tally
from tools.fuzzing.logs import LogWatch
from tools.fuzzing.messages import Maker
from tools.fuzzing.opening import Channels
from tools.fuzzing.rpcs import Rpc, rpc_at, rpcs_of_the_contract
from tools.fuzzing.verdict import fault_of
from tools.fuzzing.words import Words

INPUTS = 100
SHRINKABLE_INPUTS = 12
SEED = 7
NOW = int(time.time())
RPCS = [rpc.path for rpc in rpcs_of_the_contract()]


@pytest.fixture(scope="session")
async def words() -> Words:
    return Words(WORKSPACES)


@pytest.fixture(scope="session")
async def complaints(stack: Stack) -> LogWatch:
    return LogWatch(service.log for service in stack.running.values())


@pytest.fixture(scope="session")
async def tallies(
    channels: Channels,
    new_callers: Callable[[], Callers],
    words: Words,
    complaints: LogWatch,
) -> dict[str, Tally]:
    """All RPCs called side by side, with inputs that are the same each time."""
    dice = Random(SEED)
    cases = Cases(dice, words, new_callers(), NOW, new_callers)
    fuzzer = Fuzzer(channels, cases, words, dice)
    return {tally.rpc.path: tally for tally in await fuzzer.run(rpcs_of_the_contract(), INPUTS)}


@pytest.mark.parametrize("path", RPCS)
async def test_every_answer_is_by_the_contract(tallies: dict[str, Tally], path: str) -> None:
    assert [f"{one.fault}: {one.case}" for one in tallies[path].findings] == []
    assert tallies[path].inputs == INPUTS


@pytest.mark.parametrize("path", RPCS)
async def test_inputs_are_good_enough_to_be_handled(tallies: dict[str, Tally], path: str) -> None:
    assert tallies[path].reached >= INPUTS / 10


async def test_processes_live_and_complain_of_nothing(
    tallies: dict[str, Tally], stack: Stack, complaints: LogWatch
) -> None:
    assert tallies
    assert [one.name for one in stack.running.values() if one.process.poll() is not None] == []
    assert complaints.complaints() == []


@pytest.mark.parametrize("path", RPCS)
@settings(
    max_examples=SHRINKABLE_INPUTS,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(dice=st.randoms(use_true_random=False))
async def test_the_least_input_that_breaks_an_rpc(
    channels: Channels, new_callers: Callable[[], Callers], words: Words, path: str, dice: Random
) -> None:
    """The same inputs, but of hypothesis, which makes what fails as small as it can."""
    rpc: Rpc = rpc_at(path)
    case = Cases(dice, words, new_callers(), NOW).one_for(rpc)
    outcome = await outcome_of(channels[rpc.service][0], case)
    assert fault_of(case, outcome) == "", str(case)


def test_every_message_of_the_contract_can_be_made() -> None:
    """Also what is only answered: another RPC may take it some day."""
    maker = Maker(Random(SEED), Words(WORKSPACES), NOW)
    for rpc in rpcs_of_the_contract():
        for oddity in (0.0, 0.5):
            for kind in (rpc.request, rpc.reply):
                made = maker.message(kind, oddity)
                assert GetMessageClass(kind).FromString(made.SerializeToString()) is not None
