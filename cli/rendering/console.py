"""Where people read: results on the standard output, and what goes on meanwhile on the other.

rich looks after NO_COLOR, and colours nothing that is no terminal.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

# Ids are there to be copied, so a narrow terminal wraps lines rather than cutting them.
WIDE = 400


def print_for_people(*renderables: RenderableType) -> None:
    console = Console(width=WIDE, highlight=False)
    for one in renderables:
        console.print(one, soft_wrap=True)


def tell(text: str) -> None:
    """What is no result, such as where a file was written."""
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)


@contextmanager
def waiting(text: str) -> Iterator[Callable[[str], None]]:
    """A line that lives, for people at a terminal; nothing for others."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(text) as status:
        yield status.update


@contextmanager
def downloading(text: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """How many bytes came, for people at a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(text, total=total)
        yield lambda count: progress.advance(task, count)
