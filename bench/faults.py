"""Kills under load: what was acknowledged is there exactly once afterwards.

T is how long (30m), S a seed that replays an earlier run.
"""

import asyncio
import os
import secrets
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench.report import conclude, report
from cli.durations import parse_duration
from tools.faults.chaos import Casualty
from tools.faults.schedule import Temper
from tools.faults.trial import Setting, Trial, random_faults, run_trial

# Without a log first, then with one; each gets half of the time.
MODES = {"direct": False, "kafka": True}


def main() -> None:
    seconds = parse_duration(os.environ.get("T") or "10m").total_seconds()
    seed = int(os.environ.get("S") or secrets.randbelow(10**9))
    print(f"seed {seed}: make bench B=faults S={seed} replays the schedule and the load")
    trials = {name: _tried(name, seed, seconds / len(MODES)) for name in MODES}
    for name, trial in trials.items():
        _print(name, trial)
    _conclude(seed, seconds, trials)
    sys.exit(not all(trial.is_passed for trial in trials.values()))


def _tried(name: str, seed: int, seconds: float) -> Trial:
    room = Path(tempfile.mkdtemp(prefix=f"faults-{name}-"))
    print(f"{name}, in {room}", flush=True)
    ordeal = random_faults(seed, seconds, Temper())
    trial = asyncio.run(run_trial(Setting(seed, MODES[name]), ordeal, room, _say))
    if trial.is_passed:
        shutil.rmtree(room)
    else:
        print(f"The evidence is in {room}:\n{trial.findings}")
    return trial


def _say(line: str) -> None:
    print(line, flush=True)


def _print(name: str, trial: Trial) -> None:
    report(
        f"{name}: {trial.diary.acknowledged_items:,} items acknowledged, {trial.kills} kills",
        ["component", "kills", "pauses", "deaths of its own", "recovery s, median", "longest"],
        [_row(one) for one in trial.casualties.values()],
    )


def _row(one: Casualty) -> list[str]:
    recoveries = one.recoveries or [0.0]
    seconds = (statistics.median(recoveries), max(recoveries))
    counts = (one.kills, one.pauses, one.own_deaths)
    return [one.victim.name, *map(str, counts), *(f"{second:.1f}" for second in seconds)]


def _conclude(seed: int, seconds: float, trials: dict[str, Trial]) -> None:
    every = trials.values()
    acknowledged = sum(trial.diary.acknowledged_items for trial in every)
    lost = sum(trial.judgement.count("lost") for trial in every)
    conclude(
        "faults",
        ratio=1 - lost / acknowledged if acknowledged else 0,
        seed=seed,
        seconds=seconds,
        kills=sum(trial.kills for trial in every),
        pauses=sum(trial.pauses for trial in every),
        acked=acknowledged,
        indeterminate=sum(trial.diary.given_up for trial in every),
        retries=sum(trial.diary.retries for trial in every),
        stored=sum(trial.judgement.stored for trial in every),
        lost=lost,
        double=sum(trial.judgement.count("double") for trial in every),
        violations=sum(len(rows) for t in every for rows in t.judgement.violations.values()),
        cells=sum(trial.rolled.cells for trial in every),
        wrong_cells=sum(len(trial.rolled.wrong) for trial in every),
        surprises=sum(len(trial.diary.surprises) for trial in every),
    )
