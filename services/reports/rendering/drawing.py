"""Charts as SVG: the same chart always gives the same text, and no text in it becomes anything
else.

What is drawn goes by two colours that stand for the reader's own: that of the ink, and a fainter
one of lines that only guide the eye.
"""

import io
import math
import warnings
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from services.reports.document import Chart, Form, Series
from services.reports.rendering.bounds import BARS_DRAWN, SERIES_DRAWN
from services.reports.rendering.scales import from_zero, label, scale, tell_time, unit_label

INK = "#1c2128"
FAINT = "#8c959f"
# Told apart by those who see few colours, too, on dark ground as on light.
COLOURS = ("#2f7fd0", "#d9730d", "#1a9e77", "#c0559b", "#a8820a", "#7b6fd0", "#d1495b", "#5b8a3a")
WIDTH, HEIGHT = 7.2, 2.9
# About so many go side by side.
LINE_CHARACTERS = 90
MOST_MARKED = 45
LOOK: Any = {
    "svg.hashsalt": "shadower",
    "svg.fonttype": "none",
    "svg.id": None,
    "font.family": ["DejaVu Sans"],
    "font.size": 9,
    # A name with dollar signs is a name.
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}


def drawn(chart: Chart, zone: ZoneInfo) -> str:
    """The text of an SVG, as the library writes it."""
    target = io.StringIO()
    with mpl.rc_context(LOOK), warnings.catch_warnings():
        # Names in any script are allowed; the reader's fonts have what ours have not.
        warnings.filterwarnings("ignore", message="Glyph")
        figure = Figure(figsize=(WIDTH, _height(chart)), layout="constrained")
        FigureCanvasSVG(figure)
        _fill(figure, chart, zone)
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    return target.getvalue()


def series_drawn(chart: Chart) -> Sequence[Series]:
    return chart.series[:SERIES_DRAWN]


def _height(chart: Chart) -> float:
    if not _lies(chart):
        return HEIGHT
    return max(1.6, 0.9 + 0.27 * len(_names(chart)) * max(1, 0.6 * len(series_drawn(chart))))


def _fill(figure: Figure, chart: Chart, zone: ZoneInfo) -> None:
    axes = figure.add_subplot()
    if _lies(chart):
        _draw_lying_bars(axes, chart)
    elif chart.form is Form.BAR:
        _draw_standing_bars(axes, chart, zone)
    else:
        _draw_lines(axes, chart, zone)
    if len(chart.series) > 1:
        _add_legend(figure, axes, chart)


def _lies(chart: Chart) -> bool:
    """Bars of names lie, so that the names can be read."""
    return chart.form is Form.BAR and not _is_over_time(chart)


def _is_over_time(chart: Chart) -> bool:
    return any(isinstance(x, datetime) for series in chart.series for x, _ in series.points)


def _names(chart: Chart) -> list[str]:
    """Of all series, in the order in which they come."""
    names = dict.fromkeys(str(x) for series in series_drawn(chart) for x, _ in series.points)
    return list(names)[:BARS_DRAWN]


def _draw_lying_bars(axes: Any, chart: Chart) -> None:
    names = _names(chart)
    thickness = 0.72 / max(1, len(series_drawn(chart)))
    for number, series in enumerate(series_drawn(chart)):
        values = {str(x): y for x, y in series.points}
        known = [
            (place, y) for place, name in enumerate(names) if (y := values.get(name)) is not None
        ]
        places = [place - 0.36 + thickness * (number + 0.5) for place, _ in known]
        axes.barh(places, [y for _, y in known], thickness, color=COLOURS[number])
        _mark_unknown(axes, [place for place, name in enumerate(names) if values.get(name) is None])
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    scale(axes.xaxis, chart)
    axes.set_xlim(**from_zero(chart, ("left", "right")))
    axes.set_xlabel(unit_label(chart))


def _mark_unknown(axes: Any, places: Sequence[float]) -> None:
    for place in places:
        axes.text(0, place, " unknown", va="center", style="italic", color=FAINT)


def _draw_standing_bars(axes: Any, chart: Chart, zone: ZoneInfo) -> None:
    width = _bar_width(chart) / max(1, len(series_drawn(chart)))
    for number, series in enumerate(series_drawn(chart)):
        known = [(date2num(x), y) for x, y in series.points if y is not None]
        places = [x + width * number for x, _ in known]
        axes.bar(places, [y for _, y in known], width * 0.86, align="edge", color=COLOURS[number])
    tell_time(axes, chart, zone)
    scale(axes.yaxis, chart)
    axes.set_ylim(**from_zero(chart, ("bottom", "top")))


def _bar_width(chart: Chart) -> float:
    """In days: the least distance between two bars."""
    times = sorted({float(date2num(x)) for series in chart.series for x, _ in series.points})
    return min((b - a for a, b in pairwise(times)), default=1)


def _draw_lines(axes: Any, chart: Chart, zone: ZoneInfo) -> None:
    over_time = _is_over_time(chart)
    names = {} if over_time else {name: place for place, name in enumerate(_names(chart))}
    for number, series in enumerate(series_drawn(chart)):
        points = [(x, y) for x, y in series.points if over_time or str(x) in names]
        places = [date2num(x) if over_time else names[str(x)] for x, _ in points]
        values = [math.nan if y is None else y for _, y in points]
        # A known point between unknown ones is no line.
        marker = "o" if len(points) <= MOST_MARKED or None in [y for _, y in points] else ""
        look = {"marker": marker, "markersize": 3, "linewidth": 1.7}
        axes.plot(places, values, color=COLOURS[number], **look)
    if over_time:
        tell_time(axes, chart, zone)
    else:
        labels = [label(name) for name in names]
        is_tight = sum(map(len, labels)) > LINE_CHARACTERS
        turned = {"rotation": 30, "ha": "right"} if is_tight else {}
        axes.set_xticks(range(len(names)), labels, **turned)
        axes.set_xlabel(label(chart.x_label))
    scale(axes.yaxis, chart)
    axes.set_ylabel(unit_label(chart))
    axes.set_ylim(**from_zero(chart, ("bottom", "top")))


def _add_legend(figure: Figure, axes: Any, chart: Chart) -> None:
    names = [label(series.name) for series in series_drawn(chart)]
    handles = axes.containers if chart.form is Form.BAR else axes.lines
    # The library keeps labels with a leading underscore to itself, so it gets ours afterwards.
    places = [" " * len(name) for name in names]
    columns = max(1, min(5, LINE_CHARACTERS // (max(map(len, names)) + 6)))
    look: Any = {"loc": "outside upper left", "ncols": columns, "frameon": False}
    legend = figure.legend(handles[: len(names)], places, **look)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
