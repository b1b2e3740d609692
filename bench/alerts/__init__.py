"""How well anomalies are told from noise, and how long it takes to judge many rules.

N is how many rules there are (10000).
"""

import asyncio
import os
import tempfile
from pathlib import Path

from bench.alerts.detection import Score, scores
from bench.alerts.evaluation import Taken, taken
from bench.report import conclude, report
from bench.stack import running_stack

RULES = 10_000


def main() -> None:
    found = scores()
    report(
        "11 weeks of quarters of an hour, 40 incidents; judged over the last 3 weeks",
        ["baseline", "precision", "recall", "false alarms a week"],
        [_of_score(name, score) for name, score in found.items()],
    )
    count = int(os.environ.get("N") or RULES)
    with tempfile.TemporaryDirectory() as directory, running_stack(Path(directory)) as stack:
        spent = asyncio.run(taken(stack.state["database_url"], count))
    report(
        f"{count:,} rules over 100,000 executions, each judged once; seconds",
        ["what", "seconds"],
        [["judged", f"{spent.judged:.1f}"], ["floor: their queries alone", f"{spent.floor:.1f}"]],
    )
    _conclude(found, spent, count)


def _of_score(name: str, score: Score) -> list[str]:
    measured = (f"{score.precision:.2f}", f"{score.recall:.2f}", f"{score.false_a_week:.1f}")
    return [name, *measured]


def _conclude(found: dict[str, Score], spent: Taken, count: int) -> None:
    precision = {name: round(one.precision, 3) for name, one in found.items()}
    recall = {name: round(one.recall, 3) for name, one in found.items()}
    conclude(
        "alerts",
        precision=precision,
        recall=recall,
        rules=count,
        seconds=round(spent.judged, 2),
        floor_seconds=round(spent.floor, 2),
    )
