"""What axes say: their ticks, their units, and where they begin."""

from typing import Any
from zoneinfo import ZoneInfo

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import FuncFormatter, MaxNLocator

from services.reports.document import Chart, Form, Kind, Number
from services.reports.rendering.bounds import SERIES_DRAWN
from services.reports.rendering.wording import number_text, printable, shortened

LABEL_CHARACTERS = 28
# For years, months, days, hours, minutes and seconds, and for the first of each.
TIME_LABELS = ["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"]
TURN_LABELS = ["%Y", "%b %Y", "%d %b", "%d %b", "%H:%M", "%H:%M"]


def tell_time(axes: Any, chart: Chart, zone: ZoneInfo) -> None:
    locator = AutoDateLocator(tz=zone, minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(
        locator, zone, TIME_LABELS, zero_formats=TURN_LABELS, show_offset=False
    )
    axes.xaxis.set_major_formatter(formatter)
    axes.set_xlabel(label(chart.x_label))
    axes.set_ylabel(unit_label(chart))


def scale(axis: Any, chart: Chart) -> None:
    axis.set_major_locator(MaxNLocator(5, integer=_is_whole(chart)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value, chart.kind)))


def _is_whole(chart: Chart) -> bool:
    values = _known(chart)
    return bool(values) and all(isinstance(value, int) for value in values)


def _tick(value: float, kind: Kind) -> str:
    if kind is Kind.RATIO:
        return f"{value * 100:g} %"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):,g} {letter}"
    return f"{value:,g}"


def from_zero(chart: Chart, ends: tuple[str, str]) -> dict[str, float]:
    """What is not negative is seen against nothing at all."""
    values = _known(chart)
    least, most = min(values, default=0), max(values, default=0)
    if least < 0:
        return {}
    return {ends[0]: 0, ends[1]: most * 1.06 or 1}


def _known(chart: Chart) -> list[float]:
    points: list[Number] = [y for series in chart.series[:SERIES_DRAWN] for _, y in series.points]
    return [y for y in points if y is not None]


def unit_label(chart: Chart) -> str:
    unit = "" if chart.kind is Kind.RATIO else chart.y_unit
    name = chart.y_label or ("" if unit else chart.title)
    return label(f"{name} ({unit})" if name and unit else name or unit)


def label(text: str) -> str:
    return shortened(printable(text).replace("\n", " "), LABEL_CHARACTERS)


def summary(chart: Chart) -> str:
    """What a chart shows, for those who cannot see it."""
    values = _known(chart)
    names = ", ".join(label(series.name) for series in chart.series[:SERIES_DRAWN])
    what = f"{'Line' if chart.form is Form.LINE else 'Bar'} chart of {names or 'nothing'}"
    if not values:
        return f"{what}; no value is known."
    unit = "" if chart.kind is Kind.RATIO else f" {printable(chart.y_unit)}".rstrip()
    least, most = (number_text(one, chart.kind) for one in (min(values), max(values)))
    return f"{what}; from {least} to {most}{unit}."
