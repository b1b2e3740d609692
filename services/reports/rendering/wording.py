"""Numbers, times and texts as people read them."""

import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.reports.document import Cell, Column, Document, Figure, Kind, Number
from services.reports.rendering.bounds import CELL_CHARACTERS

UNKNOWN = "—"
# Characters that neither XML nor a reader can do anything with, or that turn the order of those
# around them, and what stands for them.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
REPLACEMENT = "\ufffd"
# Where lines end, XML and spreadsheets know one character.
LINE_END = re.compile("\r\n?")


def printable(text: str) -> str:
    return UNPRINTABLE.sub(REPLACEMENT, LINE_END.sub("\n", text))


def shortened(text: str, most: int = CELL_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def number_text(value: Number, kind: Kind = Kind.NUMBER) -> str:
    """Four digits that count, or all of a whole number."""
    if value is None:
        return UNKNOWN
    if kind is Kind.RATIO:
        return f"{value * 100:,.1f} %"
    if isinstance(value, int) or value == 0:
        return f"{value:,.0f}"
    return _fraction_text(value)


def _fraction_text(value: float) -> str:
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude < -6 or magnitude > 15:
        return f"{value:.3e}"
    decimals = 0 if magnitude >= 6 else 2 if magnitude >= 0 else 2 - magnitude
    return f"{value:,.{decimals}f}"


def are_days(moments: Iterable[datetime], zone: ZoneInfo) -> bool:
    """Whether all of them are midnights, which stand for their days."""
    return all(moment.astimezone(zone).time() == time.min for moment in moments)


def time_text(moment: datetime, zone: ZoneInfo, *, is_day: bool = False) -> str:
    local = moment.astimezone(zone)
    if is_day:
        return f"{local:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}" if not local.second else f"{local:%Y-%m-%d %H:%M:%S}"


def instant_text(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y, %H:%M:%S %Z}"


def column_texts(cells: Sequence[Cell], column: Column, zone: ZoneInfo) -> list[str]:
    """Of all cells of a column, alike."""
    are_all_days = are_days((one for one in cells if isinstance(one, datetime)), zone)
    return [_cell_text(cell, column, zone, are_all_days) for cell in cells]


def _cell_text(cell: Cell, column: Column, zone: ZoneInfo, is_day: bool) -> str:
    if isinstance(cell, str):
        return shortened(printable(cell))
    if isinstance(cell, datetime):
        return time_text(cell, zone, is_day=is_day)
    return number_text(cell, column.kind)


def heading_text(column: Column) -> str:
    unit = f" ({column.unit})" if column.unit and column.kind is not Kind.RATIO else ""
    return printable(column.name + unit)


def change_text(figure: Figure) -> str:
    """ "" if no change is known."""
    if figure.change is None:
        return ""
    return f"{figure.change * 100:+,.1f} %".replace("-", "\u2212")


def period_text(document: Document) -> str:
    """Whole days by their names, else to the minute."""
    zone = ZoneInfo(document.time_zone)
    start, end = document.start.astimezone(zone), document.end.astimezone(zone)
    if start.time() == end.time() == time.min:
        last = end.date() - timedelta(days=1)
        first = f"{start.day} {start:%B %Y}"
        return first if last == start.date() else f"{first} to {last.day} {last:%B %Y}"
    return f"{start.day} {start:%B %Y, %H:%M} to {end.day} {end:%B %Y, %H:%M}"
