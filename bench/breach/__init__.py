"""From a breaching execution at the edge to the webhook received, by rules that look each minute.

T is for how long breaches come (90s), N how many rules there are (100). With a seed S everything on
the way is killed in between instead, and what counts is that nothing is lost or told twice: what is
sent again with the same webhook-id, by which receivers know it, is not told twice.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from bench.breach.blows import struck
from bench.breach.breaching import Told, told_of_breaches
from bench.report import conclude, percentile, report
from bench.stack import Stack, running_stack
from cli.durations import parse_duration

RULES, SECONDS = 100, "90s"
SETTINGS = {
    "SHADOWER_NOTIFICATION_ALLOWED_NETWORKS": "127.0.0.0/8",
    # What was due to a receiver that was away comes soon after, and not in half an hour.
    "SHADOWER_NOTIFICATION_RETRY_SECONDS": "2",
}


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or SECONDS).total_seconds()
    rules, seed = int(os.environ.get("N") or RULES), os.environ.get("S") or ""
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), settings=SETTINGS) as stack,
    ):
        told = asyncio.run(_told(stack, rules, seconds, seed))
    _report(told, rules)
    sys.exit(not told.is_exact)


async def _told(stack: Stack, rules: int, seconds: float, seed: str) -> Told:
    if not seed:
        return await told_of_breaches(stack, rules, seconds)
    print(f"seed {seed}: make bench B=breach S={seed} strikes at the same times", flush=True)
    return await told_of_breaches(stack, rules, seconds, struck(stack, seconds, seed))


def _report(told: Told, rules: int) -> None:
    waits = {
        "from the breach to the webhook": told.waits,
        "floor: until its minute ends": told.floors,
        "what we add": [wait - floor for wait, floor in zip(told.waits, told.floors, strict=True)],
    }
    report(
        f"{told.breaches} breaches of {rules} rules, {told.lost} lost, {told.double} told twice"
        " (by another webhook-id: what is sent again with the same one does not count)",
        ["seconds", "median", "p99", "longest"],
        [[name, *_figures(values)] for name, values in waits.items()],
    )
    conclude(
        "breach",
        breaches=told.breaches,
        rules=rules,
        lost=told.lost,
        double=told.double,
        blows=told.blows,
        p50=round(percentile(told.waits, 50), 2),
        p99=round(percentile(told.waits, 99), 2),
        floor_p50=round(percentile(told.floors, 50), 2),
        floor_p99=round(percentile(told.floors, 99), 2),
    )


def _figures(values: list[float]) -> list[str]:
    return [f"{one:.1f}" for one in (percentile(values, 50), percentile(values, 99), max(values))]
