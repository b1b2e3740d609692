"""One command's talk with the edge."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar, get_type_hints
from zoneinfo import ZoneInfo

import grpc
import typer
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from rich.console import RenderableType

from cli.asking.connection import Connection, Purpose
from cli.calls import Edge
from cli.failures import ExitCode
from cli.refusals import in_words
from cli.rendering.console import print_for_people

ANSWER_SECONDS = 60
USUAL = Purpose()

Answer = TypeVar("Answer", bound=Message)
Stub = TypeVar("Stub")
View = Callable[[Answer, ZoneInfo], Iterable[RenderableType]]


@dataclass(frozen=True)
class Session:
    """Where a command asks, for which workspace, and how it shows what is answered."""

    edge: Edge
    channel: grpc.aio.Channel
    workspace: str
    zone: ZoneInfo
    as_json: bool

    def stub(self, kind: Callable[[grpc.aio.Channel], Stub]) -> Stub:
        return kind(self.channel)

    async def ask(self, rpc: Callable[..., Awaitable[Answer]], request: Message) -> Answer:
        """Raises CommandError."""
        try:
            return await rpc(request, metadata=self.edge.metadata(), timeout=ANSWER_SECONDS)
        except grpc.aio.AioRpcError as error:
            raise in_words(error, self.edge.address) from error

    async def opened(self, rpc: Callable[..., Any], request: Message) -> Any:
        """The call of a stream, when what is said before its first message is known."""
        call = rpc(request, metadata=self.edge.metadata())
        try:
            await call.initial_metadata()
        except grpc.aio.AioRpcError as error:
            raise in_words(error, self.edge.address) from error
        return call

    async def messages(self, call: Any) -> AsyncIterator[Any]:
        try:
            async for message in call:
                yield message
        except grpc.aio.AioRpcError as error:
            raise in_words(error, self.edge.address) from error

    def show(self, answer: Answer, view: View[Answer]) -> None:
        """As one JSON document, or as people read it."""
        if self.as_json:
            typer.echo(json.dumps(as_dict(answer), indent=2, ensure_ascii=False))
        else:
            print_for_people(*view(answer, self.zone))

    def show_line(self, message: Message) -> None:
        """One of a stream, as a line of JSON."""
        typer.echo(json.dumps(as_dict(message), ensure_ascii=False))


def as_dict(message: Message) -> dict[str, Any]:
    """As the edge answers it over HTTP: what has no presence is always there."""
    return MessageToDict(message, always_print_fields_with_no_presence=True)


Asking = Callable[..., Coroutine[Any, Any, None]]


def asking(command: Asking, purpose: Purpose = USUAL) -> Callable[..., None]:
    """Makes a command of a function whose parameter `session` it opens from shared options."""
    shared = [one.name for one in fields(Connection)]

    @wraps(command)
    def run(context: typer.Context, **given: Any) -> None:
        if purpose != USUAL and not _is_typed(context, "workspace"):
            given["workspace"] = None
        connection = Connection(**{name: given.pop(name) for name in shared})
        try:
            asyncio.run(_with_session(command, connection, purpose, given))
        except KeyboardInterrupt as interrupt:
            raise typer.Exit(ExitCode.INTERRUPTED) from interrupt

    context = Parameter("context", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *_parameters(command)]
    run.__signature__ = signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run


def _is_typed(context: typer.Context, name: str) -> bool:
    """What the environment says is meant for usual commands alone, as a profile is."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


async def _with_session(
    command: Asking, connection: Connection, purpose: Purpose, given: dict[str, Any]
) -> None:
    edge, zone = connection.edge(purpose), connection.time_zone()
    async with edge.channel() as channel:
        workspace = connection.workspace_of(purpose)
        await command(Session(edge, channel, workspace, zone, connection.as_json), **given)


def _parameters(command: Asking) -> list[Parameter]:
    """The command's own, but for the session, then those of the connection."""
    own, shared = signature(command).parameters, signature(Connection).parameters
    hints = get_type_hints(command, include_extras=True) | get_type_hints(
        Connection, include_extras=True
    )
    return [
        one.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[one.name])
        for one in (*own.values(), *shared.values())
        if one.name != "session"
    ]
