"""`shadower deadletters`."""

import asyncio
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from cli.calls import Edge, split_address
from cli.deadletters.letters import Letters, open_letters
from cli.deadletters.showing import as_line, as_outcome, as_table, as_text
from cli.failures import CommandError
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.tokens.command import checked_workspace
from cli.tokens.signing import token_source

# Ids are there to be copied, so a narrow terminal wraps lines rather than cutting them.
WIDE = 160

deadletters = typer.Typer(name="deadletters", no_args_is_help=True, add_completion=False)

WorkspaceOption = Annotated[
    str,
    typer.Option("--workspace", "-w", help="shadower-system for letters of no known workspace."),
]
AddressOption = Annotated[
    str | None,
    typer.Option(envvar="SHADOWER_ADDRESS", help="The edge. [default: the running stack's]"),
]
TokenOption = Annotated[
    str | None,
    typer.Option(envvar="SHADOWER_TOKEN", help="[default: signed with the stack's own key]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Source(StrEnum):
    """Where letters come from."""

    LOG = "log"
    BUS = "bus"


@deadletters.callback()
def about() -> None:
    """Look at what could not be handled, and hand it over once more."""


@deadletters.command("list")
def list_letters(  # noqa: PLR0913 - one parameter for each option
    *,
    workspace: WorkspaceOption = "demo",
    source: Annotated[Source | None, typer.Option(help="Only of the log, or of the bus.")] = None,
    replayed: Annotated[
        bool | None,
        typer.Option("--replayed/--not-replayed", help="Only those that were, or were not."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: JsonOption = False,
    address: AddressOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """List letters, the latest first."""

    async def work() -> None:
        async with open_letters(_edge(home, workspace, address, token), workspace) as letters:
            wanted = source and source.value
            found = [one async for one in letters.listed(wanted, replayed=replayed, limit=limit)]
        if as_json:
            typer.echo("".join(f"{as_line(letter)}\n" for letter in found), nl=False)
        else:
            Console(width=WIDE).print(as_table(found), soft_wrap=True)

    asyncio.run(work())


@deadletters.command("show")
def show_letter(  # noqa: PLR0913 - one parameter for each option
    letter_id: Annotated[UUID, typer.Argument(metavar="ID")],
    *,
    workspace: WorkspaceOption = "demo",
    as_json: JsonOption = False,
    address: AddressOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Show a letter with its content."""

    async def work() -> None:
        async with open_letters(_edge(home, workspace, address, token), workspace) as letters:
            answer = await letters.shown(str(letter_id))
        typer.echo(as_line(answer) if as_json else as_text(answer))

    asyncio.run(work())


@deadletters.command("replay")
def replay_letters(
    letter_ids: Annotated[list[UUID], typer.Argument(metavar="ID...")],
    *,
    workspace: WorkspaceOption = "demo",
    address: AddressOption = None,
    token: TokenOption = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Hand records over once more. Safe to repeat: nothing is counted twice."""
    ids = [str(one) for one in dict.fromkeys(letter_ids)]

    async def work() -> int:
        async with open_letters(_edge(home, workspace, address, token), workspace) as letters:
            return await _replayed(letters, ids)

    failed = asyncio.run(work())
    if failed:
        raise CommandError(f"{failed} of {len(ids)} were not replayed")


async def _replayed(letters: Letters, ids: list[str]) -> int:
    """How many were not."""
    failed = 0
    async for result in letters.replayed(ids):
        typer.echo(as_outcome(result))
        failed += result.HasField("error")
    return failed


def _edge(home: HomeOption, workspace: str, address: str | None, token: str | None) -> Edge:
    room = Home.at(home)
    source = token_source(room, token, checked_workspace(workspace), role="owner")
    edge = Edge(address or room.edge_address(), source)
    split_address(edge.address)
    return edge
