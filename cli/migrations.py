"""`shadower migrate`."""

from typing import Annotated

import typer

from cli.failures import CommandError, UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption
from services.runtime.faults import Fault
from services.warehouse.distributing import NoCitusError, distribute
from services.warehouse.migrate import migrate as apply_missing
from services.warehouse.schema import NewerSchemaError


def migrate(
    database_url: Annotated[
        str | None,
        typer.Option(envvar="DATABASE_URL", help="By default the database of the running stack."),
    ] = None,
    distributed: Annotated[
        bool,
        typer.Option(help="And spread tables over the workers of a Citus. See distributed.md."),
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            envvar="SHADOWER_MIGRATE_WAIT_SECONDS",
            help="Seconds to wait for a database that is away.",
        ),
    ] = 0,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Bring a database's schema up to date. Safe to run at any time, by several at once.

    Of a schema that is newer, it says whether this version works with it, and changes nothing.
    """
    url = database_url or _running_database(Home.at(home))
    try:
        applied = apply_missing(url, wait_seconds=wait)
        spread = distribute(url) if distributed else None
    except NewerSchemaError as newer:
        if not newer.works:
            raise CommandError(str(newer), exit_code=1) from newer
        typer.echo(f"{newer}: nothing to do")
        return
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
