"""`shadower migrate`."""

from typing import Annotated

import typer

from cli.failures import CommandError, UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption
from services.runtime.faults import Fault
from services.warehouse.distributing import NoCitusError, distribute
from services.warehouse.migrate import migrate as apply_missing


def migrate(
    database_url: Annotated[
        str | None,
        typer.Option(envvar="DATABASE_URL", help="By default the database of the running stack."),
    ] = None,
    distributed: Annotated[
        bool,
        typer.Option(help="And spread tables over the workers of a Citus. See distributed.md."),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Bring a database's schema up to date. Safe to run at any time, by several at once."""
    url = database_url or _running_database(Home.at(home))
    try:
        applied = apply_missing(url)
        spread = distribute(url) if distributed else None
    except (Fault, NoCitusError) as failed:
        raise CommandError(f"the migrations were not applied: {failed}") from failed
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")
    if spread is not None:
        for name in spread.distributed:
            typer.echo(f"distributed {name}")
        typer.echo("on the coordinator: " + ", ".join(spread.local))


def _running_database(home: Home) -> str:
    state = home.read_state()
    if state is None:
        raise UsageError("no stack runs here: give --database-url or set DATABASE_URL")
    return state.database_url
