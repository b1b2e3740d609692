"""Tokens that somebody gives, rather than the stack's own key signs them."""

from pathlib import Path
from typing import Annotated

import typer

from cli.asking.profiles import read_file
from cli.failures import CommandError, ExitCode

FILE_HELP = "A file with the token, which no list of processes shows. Counts more than --token."
TokenFileOption = Annotated[Path | None, typer.Option(help=FILE_HELP)]


def given_token(token: str | None, file: Path | None) -> str | None:
    """Raises CommandError for a file that tells none."""
    if file is None:
        return token
    content = read_file(file.expanduser()).strip()
    if not content:
        raise CommandError(f"{file}: it is empty", exit_code=ExitCode.CONFIGURATION)
    return content
