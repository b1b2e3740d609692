"""Calls every RPC of a stack with made-up inputs: `make fuzz N=100000`, or T=30m for a time; and
asks the edge by JSON, by GraphQL and on WebSockets.

Prints a table, and last a line of JSON. Exits with 1 if an answer was not as it must be. With
arguments, sends one input again: an RPC's path and its messages in hexadecimal.
"""

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import typer

from bench.report import report
from bench.stack import Stack, running_stack
from cli.durations import parse_duration
from cli.home import Home
from tools.fuzzing.budgets import SECONDS, widen
from tools.fuzzing.callers import WORKSPACES, Callers
from tools.fuzzing.calling import outcome_of
from tools.fuzzing.cases import Case, Cases
from tools.fuzzing.edge import EdgeRun, EdgeVerdict, fuzz_edge
from tools.fuzzing.fuzzing import Fuzzer, Tally
from tools.fuzzing.logs import LogWatch
from tools.fuzzing.opening import Channels, callers_of, open_channels
from tools.fuzzing.rpcs import rpc_at, rpcs_of_the_contract
from tools.fuzzing.verdict import fault_of
from tools.fuzzing.web import WebRun, WebTally, fuzz_web
from tools.fuzzing.words import Words

INPUTS = 1_000
FEWEST = 5
ENOUGH_TO_JUDGE = 200
LEAST_HANDLED = 0.05
TIME = timedelta(days=1)
# All processors are busy, and a tier that is slow is not one that is down. A line for each call
# tells nothing here, and costs as much as many a call.
SETTINGS = {"SHADOWER_REDIS_TIMEOUT_SECONDS": "10", "SHADOWER_LOG_LEVEL": "warning"}


def main(arguments: Sequence[str]) -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_stack(Path(folder), settings=SETTINGS) as stack,
    ):
        if arguments:
            return asyncio.run(_send_again(stack, *arguments))
        return _fuzz(stack)


async def _send_again(stack: Stack, path: str, *payloads: str) -> int:
    rpc = rpc_at(path)
    sent = tuple(bytes.fromhex(payload.strip("-")) for payload in payloads)
    async with open_channels(_addresses(stack)) as channels:
        case = Case(rpc, sent, callers_of(Home(stack.home)).usual)
        outcome = await outcome_of(channels[rpc.service][0], case)
    fault = fault_of(case, outcome)
    typer.echo(f"{case}\n{outcome}\n{fault or 'as it must be'}")
    return 1 if fault else 0


def _fuzz(stack: Stack) -> int:
    seed = int(os.environ.get("S") or secrets.randbelow(10**9))
    inputs = int(os.environ.get("N") or INPUTS)
    typer.echo(f"{inputs} inputs for each RPC, by seed S={seed}")
    watch = LogWatch(sorted(Home(stack.home).logs.glob("*.log")))
    before = _processes(stack)
    tallies = asyncio.run(_called(stack, inputs, seed))
    _show(tallies)
    asyncio.run(_widen(stack))
    edge = _asked_by_json(stack, inputs, seed)
    web = _asked_by_browsers(stack, inputs, seed)
    faults = [f"{one.fault}\n  {one.case}" for tally in tallies for one in tally.findings]
    faults += [one for one in map(_idle, tallies) if one]
    faults += [] if edge.is_good else [edge.said]
    faults += web.findings
    faults += watch.complaints()
    faults += [f"{name} has ended" for name in before - _processes(stack)]
    browsers = (
        f"GraphQL: {web.operations} operations; WebSockets: {web.conversations} conversations"
    )
    typer.echo("\n".join([f"The edge, by JSON: {edge.counted}", browsers, *faults]))
    typer.echo(json.dumps(_figures(tallies, faults, seed)))
    return 1 if faults else 0


async def _called(stack: Stack, inputs: int, seed: int) -> list[Tally]:
    async with open_channels(_addresses(stack)) as channels:
        fuzzer = _fuzzer(channels, lambda: callers_of(Home(stack.home)), seed)
        telling = asyncio.create_task(_tell(fuzzer))
        try:
            return await fuzzer.run(rpcs_of_the_contract(), inputs)
        finally:
            telling.cancel()


async def _tell(fuzzer: Fuzzer) -> None:
    """How far it is, each minute."""
    while True:
        await asyncio.sleep(60)
        inputs = [tally.inputs for tally in fuzzer.tallies]
        found = [f"{one.fault}\n  {one.case}" for all_ in fuzzer.tallies for one in all_.findings]
        said = f"{sum(inputs)} inputs, at least {min(inputs)} of each RPC"
        typer.echo("\n".join([said, *found]))


def _asked_by_json(stack: Stack, inputs: int, seed: int) -> EdgeVerdict:
    """A thousandth as much: what comes by JSON meets the same handlers, some time later."""
    run = EdgeRun(stack.edge, _token(stack), max(FEWEST, inputs // 1000), seed)
    return fuzz_edge(stack.home, run)


def _asked_by_browsers(stack: Stack, inputs: int, seed: int) -> WebTally:
    """A hundredth as much."""
    run = WebRun(stack.edge, _token(stack), max(FEWEST, inputs // 100), seed)
    return fuzz_web(run)


async def _widen(stack: Stack) -> None:
    async with open_channels(_addresses(stack)) as channels:
        limits = channels["shadower.limits.v1.LimitsService"][0]
        await widen(limits, callers_of(Home(stack.home)).usual)
    await asyncio.sleep(SECONDS)


def _token(stack: Stack) -> str:
    ((_, bearer),) = callers_of(Home(stack.home)).usual
    return str(bearer).partition(" ")[2]


def _fuzzer(channels: Channels, callers: Callable[[], Callers], seed: int) -> Fuzzer:
    dice, words = Random(seed), Words(WORKSPACES)  # noqa: S311 - inputs, not secrets
    cases = Cases(dice, words, callers(), int(time.time()), callers)
    ends = time.monotonic() + _time().total_seconds()
    return Fuzzer(channels, cases, words, dice, goes_on=lambda: time.monotonic() < ends)


def _time() -> timedelta:
    given = os.environ.get("T")
    return parse_duration(given) if given else TIME


def _addresses(stack: Stack) -> list[str]:
    """Of everything that serves gRPC."""
    return [str(part["address"]) for part in stack.state["parts"] if _is_grpc(part["service"])]


def _is_grpc(service: str) -> bool:
    return service.startswith("shadower.")


def _processes(stack: Stack) -> set[str]:
    """A part that was started anew is another process."""
    state = Home(stack.home).read_state()
    return {f"{part.name} ({part.pid})" for part in state.parts} if state else set()


def _idle(tally: Tally) -> str:
    """Inputs of which no handler hears prove nothing."""
    has_many = tally.inputs >= ENOUGH_TO_JUDGE
    is_idle = has_many and tally.reached < tally.inputs * LEAST_HANDLED
    return f"{tally.rpc}: only {tally.reached} of {tally.inputs} were handled" if is_idle else ""


def _show(tallies: Sequence[Tally]) -> None:
    columns = ("RPC", "inputs", "handled", "codes", "s", "slowest ms")
    report("Inputs and answers", columns, [_row(tally) for tally in tallies])


def _row(tally: Tally) -> Sequence[str]:
    codes = ", ".join(f"{code} {count}" for code, count in tally.codes.most_common())
    return (
        str(tally.rpc),
        str(tally.inputs),
        str(tally.reached),
        codes,
        f"{tally.seconds:.1f}",
        f"{tally.slowest * 1000:.0f}",
    )


def _figures(tallies: Sequence[Tally], faults: Sequence[str], seed: int) -> dict[str, object]:
    return {
        "fuzz": "rpcs",
        "seed": seed,
        "rpcs": len(tallies),
        "least_inputs": min(tally.inputs for tally in tallies),
        "inputs": sum(tally.inputs for tally in tallies),
        "seconds": round(max(tally.seconds for tally in tallies), 1),
        "findings": len(faults),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
