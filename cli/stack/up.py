"""`shadower up`."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from cli.edge.following import follow_keys
from cli.failures import UsageError
from cli.home import DEFAULT_HOME, Home, HomeOption, write_whole
from cli.stack.edge_part import Environment, Listener
from cli.stack.issuing import address_of_keys
from cli.stack.launcher import Launcher, python_command, run_once
from cli.stack.leftovers import stop_leftovers
from cli.stack.lock import held_lock
from cli.stack.measuring import targets_file, write_targets
from cli.stack.parts import Part
from cli.stack.planning import Plan, Wish, planned
from cli.stack.ports import refuse_if_taken
from cli.stack.postgres import EmbeddedPostgres
from cli.stack.readiness import at_once
from cli.stack.screen import Screen, welcome
from cli.stack.services import replicas_of
from cli.tokens.keys import ensured_key, ensured_mesh_key
from cli.tokens.signing import Grant, Issuer, signed

TOKEN_LIFE = timedelta(hours=12)
# Two weeks, so that the last one has another to be compared with.
DEMO = ("--workspace", "demo", "--rate", "0.5", "--history", "14d", "--seed", "1")


def up(  # noqa: PLR0913 - one parameter for each option
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Fill workspace demo with traffic.")] = False,
    port: Annotated[
        int, typer.Option(envvar="SHADOWER_PORT", min=1, max=65535, help="The edge's port.")
    ] = 8080,
    host: Annotated[
        str, typer.Option(envvar="SHADOWER_HOST", help="The edge's address to listen on.")
    ] = "127.0.0.1",
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(envvar="SHADOWER_CORS_ORIGINS", help="A page that may call. Repeatable."),
    ] = None,
    production: Annotated[
        bool, typer.Option("--production", help="Run as in production: no reflection.")
    ] = False,
    replicas: Annotated[
        list[str] | None,
        typer.Option(
            envvar="SHADOWER_REPLICAS",
            help="Processes of a service, as ingest=2. Repeatable.",
            show_default="one of each",
        ),
    ] = None,
    metrics: Annotated[
        int | None,
        typer.Option(
            envvar="SHADOWER_METRICS_PORT",
            min=1,
            max=65535,
            help="The first of the ports on which processes have their metrics.",
            show_default="none",
        ),
    ] = None,
    database_url: Annotated[
        str | None,
        typer.Option(
            envvar="DATABASE_URL", help="Where data is.", show_default="a PostgreSQL of its own"
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Start everything on this machine: database, services and edge, until Ctrl-C.

    Data stays in the home folder and is there again the next time.
    """
    if demo and address_of_keys():
        raise UsageError("--demo signs tokens by a key of its own, and SHADOWER_JWKS_URL is set")
    environment: Environment = "production" if production else "development"
    listener = Listener(host, port, environment, tuple(cors_origin or ()))
    room = Home.at(home)
    room.path.mkdir(parents=True, exist_ok=True)
    with held_lock(room):
        _tidy(room)
        refuse_if_taken(host, port)
        launcher = Launcher(room, Screen(), f"http://{host}:{port}", database_url or "")
        wish = Wish(listener, replicas_of(replicas or ()), demo, metrics)
        asyncio.run(launcher.run(partial(_bring_up, wish=wish)))


def _tidy(home: Home) -> None:
    """What a stack before this one left behind."""
    stop_leftovers(home.read_state())
    home.state.unlink(missing_ok=True)
    targets_file(home).unlink(missing_ok=True)


async def _bring_up(launcher: Launcher, *, wish: Wish) -> None:
    home = launcher.home
    token = _written_token(home)
    ensured_mesh_key(home)
    await _start_database(launcher)
    plan = planned(launcher, wish)
    await _start_all(launcher, plan)
    if wish.demo:
        await launcher.start_process(_demo_part(home, plan.edge.address))
    if wish.metrics is not None:
        file = write_targets(home, plan.ours, plan.model.admin_port)
        launcher.screen.say(
            f"metrics are on ports from {wish.metrics} on, for Prometheus in {file}"
        )
    launcher.screen.say(welcome(launcher.state(), token, home.path / "token"))


async def _start_all(launcher: Launcher, plan: Plan) -> None:
    launcher.address = plan.edge.address
    for part in plan.parts:
        await launcher.start_process(part)
    await launcher.until_ready()
    await launcher.beside(follow_keys(plan.model, launcher.home.edge, launcher.screen.say))


async def _start_database(launcher: Launcher) -> None:
    if not launcher.database_url:
        launcher.screen.waiting_for(["postgres"])
        postgres = EmbeddedPostgres(launcher.home)
        await launcher.start(postgres)
        launcher.database_url = postgres.url
    launcher.screen.waiting_for(["migrations"])
    environment = {**os.environ, "DATABASE_URL": launcher.database_url}
    migrations = Part("migrate", python_command("migrate"), environment, "", at_once)
    await run_once(launcher, migrations)


def _demo_part(home: Home, address: str) -> Part:
    options = (*DEMO, "--address", address, "--home", str(home.path))
    return Part("demo", python_command("simulate", *options), os.environ, "", at_once)


def _written_token(home: Home) -> str:
    """Nothing if another issuer's tokens count."""
    if address_of_keys():
        (home.path / "token").unlink(missing_ok=True)
        return ""
    grant = Grant(("demo",), life=TOKEN_LIFE)
    token = signed(grant, ensured_key(home), Issuer.of_environment(), datetime.now(UTC))
    write_whole(home.path / "token", token + "\n")
    return token
