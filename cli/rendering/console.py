"""Where people read: results on the standard output, and what goes on meanwhile on the other."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.text import Text

# Ids are there to be copied, so a narrow terminal wraps lines rather than cutting them.
WIDE = 100_000


def console_of(*, errors: bool = False, width: int | None = None) -> Console:
    """rich styles nothing that is no terminal. By NO_COLOR it would leave colours out alone.

    What is printed is often what others recorded, so nothing in a text is markup.
    """
    system: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
    return Console(
        stderr=errors,
        color_system=system,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
    )


def print_for_people(*renderables: RenderableType) -> None:
    console = console_of(width=WIDE)
    for one in renderables:
        console.print(one, soft_wrap=True)


def tell(text: str) -> None:
    """What is no result, such as where a file was written."""
    console_of(errors=True).print(text, soft_wrap=True)


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """A line that lives, for people at a terminal; nothing for others."""
    console = console_of(errors=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(Text(text)) as status:
        yield lambda told: status.update(Text(told))


@contextmanager
def downloading(text: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """How many bytes came, for people at a terminal."""
    console = console_of(errors=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(text, total=total)
        yield lambda count: progress.advance(task, count)
