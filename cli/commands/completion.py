"""`shadower completion`, and what completes its words."""

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script

from cli.rendering.examples import examples

PROGRAM = "shadower"
VARIABLE = "_SHADOWER_COMPLETE"


class Shell(StrEnum):
    """Those that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


completion = typer.Typer(name="completion", add_completion=False)


@completion.command(
    "completion",
    epilog=examples(
        'eval "$(shadower completion bash)"',
        "shadower completion zsh > ~/.zfunc/_shadower",
        "shadower completion fish > ~/.config/fish/completions/shadower.fish",
    ),
)
def script(shell: Annotated[Shell, typer.Argument(help="The shell that completes.")]) -> None:
    """Print the script by which a shell completes commands and options."""
    made = get_completion_script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell.value)
    typer.echo(made)
