"""Options that all commands share which ask the edge, and what they come to."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cli.asking.profiles import Profile, profile_of, read_file
from cli.asking.times import zone_of
from cli.calls import Edge, TokenSource, is_same_place
from cli.failures import CommandError, ExitCode
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.tokens.command import checked_workspace
from cli.tokens.given import FILE_HELP, given_token
from cli.tokens.signing import token_source

PANEL = "Where and who"


@dataclass(frozen=True)
class Purpose:
    """What a command needs where nobody says otherwise."""

    workspace: str = "demo"
    permissions: tuple[str, ...] = ()
    """What no role holds, for a token that is signed with the stack's own key."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """An option counts more than the environment, and that more than a profile."""

    workspace: Annotated[
        str | None,
        typer.Option(
            "--workspace",
            "-w",
            envvar="SHADOWER_WORKSPACE",
            help="Whose.",
            show_default="the profile's, or demo",
            rich_help_panel=PANEL,
        ),
    ] = None
    address: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_ADDRESS",
            help="The edge.",
            show_default="the profile's, or the running stack's",
            rich_help_panel=PANEL,
        ),
    ] = None
    token: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_TOKEN",
            help="A token, or an API key.",
            show_default="the profile's, or for the running stack signed with its key",
            rich_help_panel=PANEL,
        ),
    ] = None
    token_file: Annotated[
        Path | None,
        typer.Option(help=FILE_HELP, rich_help_panel=PANEL),
    ] = None
    authority: Annotated[
        Path | None,
        typer.Option(
            envvar="SHADOWER_AUTHORITY_FILE",
            help="Certificates of who vouches for the edge, if not everybody knows them.",
            rich_help_panel=PANEL,
        ),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_PROFILE",
            help="Of the file SHADOWER_PROFILES names.",
            show_default="the file's own",
            rich_help_panel=PANEL,
        ),
    ] = None
    zone: Annotated[
        str | None,
        typer.Option(
            envvar="SHADOWER_TIME_ZONE",
            help="Time zone of days and of what is shown.",
            show_default="the profile's, or UTC",
            rich_help_panel=PANEL,
        ),
    ] = None
    home: HomeOption = DEFAULT_HOME
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON as the contract writes it.")
    ] = False

    @cached_property
    def chosen(self) -> Profile:
        return profile_of(self.profile)

    def workspace_of(self, purpose: Purpose) -> str:
        preset = self.chosen.workspace if purpose == Purpose() else None
        return checked_workspace(self.workspace or preset or purpose.workspace)

    def time_zone(self) -> ZoneInfo:
        return zone_of(self.zone or self.chosen.time_zone or "UTC")

    def edge(self, purpose: Purpose) -> Edge:
        room = Home.at(self.home)
        address = self.address or self.chosen.address or room.edge_address()
        return Edge(address, self._source(room, address, purpose), authority=self._authority())

    def _source(self, room: Home, address: str, purpose: Purpose) -> TokenSource:
        """The stack's key signs for the stack alone. Raises CommandError."""
        bearer = self._bearer()
        if not is_same_place(address, room.edge_address()) and bearer is None:
            raise CommandError(
                f"no token for {address}: give one by --token-file or SHADOWER_TOKEN",
                exit_code=ExitCode.UNAUTHENTICATED,
            )
        workspace, permissions = self.workspace_of(purpose), purpose.permissions
        return token_source(room, bearer, workspace, role="owner", permissions=permissions)

    def _bearer(self) -> str | None:
        return given_token(self.token, self.token_file) or self.chosen.bearer()

    def _authority(self) -> bytes | None:
        named = self.authority or self.chosen.authority_file
        return read_file(Path(named).expanduser()).encode() if named else None
