"""`shadower migrate`."""

from typing import Annotated

import typer

from cli.failures import CommandError, UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption
from services.runtime.faults import Fault
from services.warehouse.migrate import migrate as apply_missing


def migrate(
    database_url: Annotated[
        str | None,
        typer.Option(envvar="DATABASE_URL", help="By default the database of the running stack."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Bring a database's schema up to date. Safe to run at any time, by several at once."""
    try:
        applied = apply_missing(database_url or _running_database(Home.at(home)))
    except Fault as fault:
        raise CommandError(f"the migrations were not applied: {fault}") from fault
    typer.echo("\n".join(f"applied {name}" for name in applied) or "the schema is up to date")


def _running_database(home: Home) -> str:
    state = home.read_state()
    if state is None:
        raise UsageError("no stack runs here: give --database-url or set DATABASE_URL")
    return state.database_url
