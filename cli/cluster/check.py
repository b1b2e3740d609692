"""`shadower check`."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import grpc
import typer
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from cli.calls import Edge, split_address
from cli.failures import CommandError
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.tokens.command import checked_workspace
from cli.tokens.keys import signing_key_file
from cli.tokens.signing import token_source

PAUSE_SECONDS = 1.0
CALL_SECONDS = 5.0
METHOD = "shadower.metrics.v1.MetricsService/ListMetrics"


def check(
    address: Annotated[str, typer.Argument(help="The edge, as http://127.0.0.1:8080.")],
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="To ask for.")] = "demo",
    token: Annotated[
        str | None,
        typer.Option(envvar="SHADOWER_TOKEN", help="[default: signed with the home's key]"),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0, max=600, help="For so long it may be wrong at first.")
    ] = 60,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Say whether an edge has services that can answer, and whether one of them does.

    Without a token and a key to sign one with, being refused for want of one is an answer, too.
    """
    split_address(address)
    source = _token_source(Home.at(home), token, checked_workspace(workspace))
    until = monotonic() + seconds
    typer.echo(asyncio.run(_until_right(lambda: _health(address), until)))
    typer.echo(asyncio.run(_until_right(lambda: _answer(Edge(address, source), workspace), until)))


def _token_source(home: Home, token: str | None, workspace: str) -> Callable[[], str]:
    if token is None and not signing_key_file(home).exists():
        return str
    return token_source(home, token, workspace, role="viewer")


async def _until_right(question: Callable[[], Awaitable[str]], until: float) -> str:
    while True:
        try:
            return await question()
        except CommandError:
            if monotonic() > until:
                raise
        await asyncio.sleep(PAUSE_SECONDS)


async def _health(address: str) -> str:
    """Raises CommandError unless all services can answer."""
    return await asyncio.to_thread(_health_now, "://".join(split_address(address)))


def _health_now(address: str) -> str:
    try:
        # split_address has seen to the scheme.
        with urlopen(f"{address}/health", timeout=CALL_SECONDS):  # noqa: S310
            return f"{address}/health: all services can answer"
    except HTTPError as refused:
        raise CommandError(f"{address}/health answers {refused.code}") from refused
    except (URLError, OSError) as unreachable:
        raise CommandError(f"no answer from {address}/health: {unreachable}") from unreachable


async def _answer(edge: Edge, workspace: str) -> str:
    """Raises CommandError if a service does not answer as it should."""
    has_token = bool(edge.token())
    async with edge.channel() as channel:
        stub: Any = MetricsServiceStub(channel)
        request = ListMetricsRequest(workspace_id=workspace)
        try:
            answer = await stub.ListMetrics(
                request, metadata=edge.metadata() if has_token else (), timeout=CALL_SECONDS
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED and not has_token:
                return f"{METHOD}: refused without a token, as it should"
            raise CommandError(f"{METHOD}: {error.code().name}: {error.details()}") from error
    if not has_token:
        raise CommandError(f"{METHOD}: answered without a token")
    return f"{METHOD}: {len(answer.metrics)} metrics"
