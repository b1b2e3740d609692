"""`shadower simulate`."""

import asyncio
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

import typer

from cli.calls import Edge, split_address
from cli.durations import parse_duration
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.simulate.history import past_records
from cli.simulate.live import Happening, Traffic
from cli.simulate.sending import RecordStream, record_stream
from cli.tokens.command import checked_workspace
from cli.tokens.given import TokenFileOption, given_token
from cli.tokens.signing import token_source

FOREVER = "forever"
PATIENCE_SECONDS = 120
HISTORY_BATCH = 500


@dataclass(frozen=True)
class Plan:
    """What to simulate."""

    seed: int
    rate: float
    live: timedelta | None
    history: timedelta | None


def simulate(  # noqa: PLR0913 - one parameter for each option
    *,
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="Where it happens.")] = "demo",
    rate: Annotated[float, typer.Option(min=0.01, max=500, help="Runs a second, live.")] = 5,
    live: Annotated[
        str, typer.Option("--for", help="How long: 60s, 10m, 2h or forever.")
    ] = FOREVER,
    history: Annotated[
        str | None, typer.Option(help="First fill the past, such as 7d, with up to 2,000 runs.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed brings the same traffic.")] = 1,
    address: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_ADDRESS", help="The edge.", show_default="the running stack's"
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_TOKEN",
            help="A token, or an API key.",
            show_default="signed with the stack's own key",
        ),
    ] = None,
    token_file: TokenFileOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make lifelike traffic: agents that run, fail and get rated, queues, and users.

    Ctrl-C ends it; what runs then is recorded as cancelled.
    """
    room = Home.at(home)
    bearer = given_token(token, token_file)
    edge = Edge(
        address or room.edge_address(), token_source(room, bearer, checked_workspace(workspace))
    )
    split_address(edge.address)
    plan = Plan(
        seed,
        rate,
        None if live == FOREVER else parse_duration(live),
        None if history is None else parse_duration(history),
    )
    asyncio.run(_simulated(plan, edge, workspace))


async def _simulated(plan: Plan, edge: Edge, workspace: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with record_stream(edge, workspace, PATIENCE_SECONDS) as stream:
        if plan.history is not None:
            await _fill_the_past(plan, plan.history, stream, stop)
        await _go_on(plan, stream, stop)


async def _fill_the_past(
    plan: Plan, length: timedelta, stream: RecordStream, stop: asyncio.Event
) -> None:
    records = past_records(plan.seed, datetime.now(UTC), length)
    stored = duplicate = 0
    while not stop.is_set() and (batch := list(islice(records, HISTORY_BATCH))):
        counts = await stream.send(batch)
        stored += counts.stored
        duplicate += counts.duplicate
    typer.echo(f"the past: {stored} facts stored, {duplicate} were there already")


async def _go_on(plan: Plan, stream: RecordStream, stop: asyncio.Event) -> None:
    start = datetime.now(UTC)
    traffic = Traffic(plan.seed, start, plan.rate)
    sent = 0
    for happening in traffic.happenings():
        over = plan.live is not None and happening.at > start + plan.live
        if over or await _stopped_before(happening, stop):
            break
        await stream.send(happening.records)
        traffic.settle(happening)
        sent += len(happening.records)
    await _cancel_what_runs(traffic, stream)
    typer.echo(f"live: {sent} records sent")


async def _stopped_before(happening: Happening, stop: asyncio.Event) -> bool:
    seconds = (happening.at - datetime.now(UTC)).total_seconds()
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(0, seconds))
    return stop.is_set()


async def _cancel_what_runs(traffic: Traffic, stream: RecordStream) -> None:
    records = iter(traffic.cancelled(datetime.now(UTC)))
    while batch := list(islice(records, HISTORY_BATCH)):
        await stream.send(batch)
