"""How figures are printed: a table for people, a line of JSON for programs."""

import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def report(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    Console(width=100).print(table)


def conclude(bench: str, **figures: Any) -> None:
    print(json.dumps({"bench": bench, **figures}))


def percentile(values: Sequence[float], percent: float) -> float:
    """By linear interpolation between closest ranks."""
    ordered = sorted(values)
    rank = (len(ordered) - 1) * percent / 100
    low = int(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (rank - low)
