"""The command `shadower`. Each of its commands is imported only when it is asked for."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from cli.failures import CommandError

COMMANDS = {
    "up": "cli.stack.up",
    "edge": "cli.edge.command",
    "status": "cli.stack.status",
    "token": "cli.tokens.command",
    "load": "cli.load.command",
    "simulate": "cli.simulate.command",
    "query": "cli.commands.query",
    "summary": "cli.commands.summary",
    "agents": "cli.commands.agents",
    "tail": "cli.commands.tail",
    "alerts": "cli.commands.alerts",
    "reports": "cli.commands.reports",
    "export": "cli.commands.export",
    "jobs": "cli.commands.jobs",
    "deadletters": "cli.commands.deadletters",
    "keys": "cli.commands.keys",
    "completion": "cli.commands.completion",
    "migrate": "cli.migrations",
    "check": "cli.cluster.check",
    "secrets": "cli.cluster.secrets",
    "serve": "cli.containers.serve",
    "probe": "cli.containers.probe",
    "prepare": "cli.containers.prepare",
}


class LazyCommands(TyperGroup):
    """Finds a command by its name in COMMANDS: a module with a function, or commands, so named."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base class's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            self.commands[cmd_name] = _command(cmd_name)
        return self.commands[cmd_name]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except CommandError as failure:
            typer.echo(f"shadower: {failure}", err=True)
            raise typer.Exit(failure.exit_code) from failure


def _command(name: str) -> Any:
    found = getattr(import_module(COMMANDS[name]), name)
    if isinstance(found, typer.Typer):
        return typer.main.get_command(found)
    single = typer.Typer(add_completion=False)
    single.command(name)(found)
    return typer.main.get_command(single)


app = typer.Typer(
    cls=LazyCommands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def shadower() -> None:
    """Analytics for agents that work in workspaces."""


if __name__ == "__main__":
    app(prog_name="shadower")
