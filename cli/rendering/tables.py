"""Tables, and lists of what is known of one thing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.rendering.values import ABSENT, clean, time

# A heading that begins with it stands above numbers, which are aligned to the right.
RIGHT = ">"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in headings:
        is_right = heading.startswith(RIGHT)
        title = Text(heading.removeprefix(RIGHT), style="bold")
        made.add_column(title, justify="right" if is_right else "left", no_wrap=True)
    for row in rows:
        made.add_row(*(_cell(value) for value in row))
    return made if made.row_count else Text("There is none.")


def facts(pairs: Iterable[tuple[str, str]]) -> RenderableType:
    """Names and values, one a line; what is empty is left out."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for name, value in pairs:
        if value:
            made.add_row(Text(name, style="bold"), _cell(value))
    return made


def note(text: str) -> RenderableType:
    """What is true of a whole table."""
    return Text(clean(text), style="dim")


def completeness(answer: Any, zone: ZoneInfo) -> Iterator[RenderableType]:
    """What all answers about facts say of themselves."""
    told = []
    if answer.HasField("interval"):
        start, end = answer.interval.start_time, answer.interval.end_time
        told.append(f"{time(start, zone)} to {time(end, zone)}")
    told.append(f"as of {time(answer.as_of, zone)}")
    if answer.HasField("complete_until") and answer.complete_until != answer.as_of:
        told.append(f"complete until {time(answer.complete_until, zone)}")
    yield note(f"{', '.join(told)} ({zone.key})")


def zoned(zone: ZoneInfo) -> RenderableType:
    return note(f"Times: {zone.key}")


def _cell(value: str) -> Text:
    return Text(clean(value), style="dim" if value == ABSENT else "")
