"""How well anomalies are told from noise, and how long it takes to judge many rules.

N is how many rules there are (10000).
"""

import asyncio
import os
import tempfile
from pathlib import Path

from bench.alerts.detection import Score, scores
from bench.alerts.evaluation import KINDS, Taken, taken
from bench.report import conclude, report
from bench.stack import running_stack

RULES = 10_000


def main() -> None:
    found = scores()
    report(
        "11 weeks, 40 incidents of four windows; judged over the last 3 weeks, average of 5",
        ["series", "baseline", "precision", "recall", "false alarms a week"],
        [[name, *row] for name, ways in found.items() for row in map(_of_score, ways.items())],
    )
    if len(found) == 1:
        print("The real runs are not there; see bench/alerts/series.py.")
    count = int(os.environ.get("N") or RULES)
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
        spent = asyncio.run(taken(stack.state["database_url"], count))
    report(
        f"{count:,} rules over 100,000 executions, each judged once: {KINDS}",
        ["what", "seconds"],
        [["judged", f"{spent.judged:.1f}"], ["their queries, one by one", f"{spent.queries:.1f}"]],
    )
    _conclude(found, spent, count)


def _of_score(way: tuple[str, Score]) -> list[str]:
    name, score = way
    measured = (f"{score.precision:.2f}", f"{score.recall:.2f}", f"{score.false_a_week:.1f}")
    return [name, *measured]


def _conclude(found: dict[str, dict[str, Score]], spent: Taken, count: int) -> None:
    every = {f"{name}, {way}": one for name, ways in found.items() for way, one in ways.items()}
    precision = {name: round(one.precision, 3) for name, one in every.items()}
    recall = {name: round(one.recall, 3) for name, one in every.items()}
    conclude(
        "alerts",
        precision=precision,
        recall=recall,
        rules=count,
        seconds=round(spent.judged, 2),
        query_seconds=round(spent.queries, 2),
    )
