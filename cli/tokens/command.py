"""`shadower token`."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.durations import parse_duration
from cli.failures import UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption
from cli.tokens.keys import ensured_key
from cli.tokens.signing import ROLES, Grant, Issuer, longest_life, signed

WORKSPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def token(  # noqa: PLR0913 - one parameter for each option
    *,
    workspace: Annotated[list[str], typer.Option("--workspace", "-w", help="May be repeated.")],
    role: Annotated[str, typer.Option(help=", ".join(ROLES) + ".")] = "owner",
    ttl: Annotated[str, typer.Option(help="How long it is good: 90s, 30m, 12h.")] = "30m",
    subject: Annotated[str, typer.Option(help="Who bears it.")] = "developer",
    email: Annotated[str | None, typer.Option(help="The bearer's address.")] = None,
    permission: Annotated[
        list[str] | None, typer.Option(help="More than the role grants, such as ingest:write.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Print a signed token for the stack of this home."""
    grant = Grant(
        workspaces=tuple(checked_workspace(name) for name in workspace),
        role=_checked_role(role),
        subject=subject,
        email=email,
        permissions=tuple(permission or ()),
        life=_checked_life(parse_duration(ttl)),
    )
    key = ensured_key(Home.at(home))
    typer.echo(signed(grant, key, Issuer.of_environment(), datetime.now(UTC)))


def checked_workspace(name: str) -> str:
    if WORKSPACE.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} is no workspace id: up to 64 letters, digits, - and _, not first - or _"
        )
    return name


def _checked_life(life: timedelta) -> timedelta:
    longest = longest_life()
    if life > longest:
        raise UsageError(f"services take no token that lives longer than {longest}")
    return life


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise UsageError(f"{role!r} is no role: {', '.join(ROLES)}")
    return role
