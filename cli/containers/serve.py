"""`shadower serve`."""

import os
import sys
from typing import Annotated

import typer

from cli.containers.programs import NAMES, PROGRAMS, checked_name


def serve(name: Annotated[str, typer.Argument(help=f"One of {NAMES}.")]) -> None:
    """Become one process of a deployment. It is told everything by its environment."""
    program = PROGRAMS[checked_name(name)]
    # Signals reach the process itself, since nothing is left that would have to pass them on.
    os.execv(sys.executable, (sys.executable, "-m", *program))  # noqa: S606 - the command itself
