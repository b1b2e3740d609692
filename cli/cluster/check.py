"""`shadower check`."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

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


def check(  # noqa: PLR0913 - one parameter for each option
    address: Annotated[str, typer.Argument(help="The edge, as http://127.0.0.1:8080.")],
    *,
    workspace: Annotated[str, typer.Option("--workspace", "-w", help="To ask for.")] = "demo",
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_TOKEN",
            help="A token, or an API key.",
            show_default="signed with the home's key",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0, max=600, help="For so long it may be wrong at first.")
    ] = 60,
    server_name: Annotated[
        str,
        typer.Option(help="The name that its certificate is for.", show_default="the address's"),
    ] = "",
    authority_file: Annotated[
        Path | None,
        typer.Option(exists=True, help="PEM of who vouches for its certificate."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Say whether an edge has services that can answer, and whether one of them does.

    Without a token and a key to sign one with, being refused for want of one is an answer, too.
    """
    split_address(address)
    source = _token_source(Home.at(home), token, checked_workspace(workspace))
    authority = authority_file.read_bytes() if authority_file else None
    edge = Edge(address, source, server_name, authority)
    until = monotonic() + seconds
    typer.echo(asyncio.run(_until_right(lambda: _health(edge), until)))
    typer.echo(asyncio.run(_until_right(lambda: _answer(edge, workspace), until)))


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


async def _health(edge: Edge) -> str:
    """Raises CommandError unless all services can answer."""
    return await asyncio.to_thread(_health_now, edge)


def _health_now(edge: Edge) -> str:
    asked = "://".join(split_address(edge.address)) + "/health"
    try:
        with closing(_connection(edge)) as connection:
            connection.request("GET", "/health")
            status = connection.getresponse().status
    except (OSError, HTTPException) as unreachable:
        raise CommandError(f"no answer from {asked}: {unreachable}") from unreachable
    if status != HTTPStatus.OK:
        raise CommandError(f"{asked} answers {status}")
    return f"{asked}: all services can answer"


def _connection(edge: Edge) -> HTTPConnection:
    scheme, target = split_address(edge.address)
    if scheme == "http":
        return HTTPConnection(target, timeout=CALL_SECONDS)
    context = ssl.create_default_context(cadata=edge.authority and edge.authority.decode())
    connection = HTTPSConnection(target, timeout=CALL_SECONDS, context=context)
    plain = socket.create_connection((connection.host, connection.port), CALL_SECONDS)
    try:
        name = edge.server_name or connection.host
        connection.sock = context.wrap_socket(plain, server_hostname=name)
    except OSError:
        plain.close()
        raise
    return connection


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
