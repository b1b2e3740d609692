"""What a stack costs while nobody asks it anything, and how soon it is there."""

import tempfile
import time
from pathlib import Path

import psutil

from bench.report import conclude, report
from bench.stack import Stack, running_stack

MIB = 1024 * 1024
SETTLE_SECONDS = 5
PROCESS_LIMIT_MIB = 110
STACK_LIMIT_MIB = 1200


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with running_stack(home) as first:
            first_seconds = first.seconds_to_ready
        with running_stack(home) as again:
            time.sleep(SETTLE_SECONDS)
            memory = _memory(again)
            _print(memory, first_seconds, again.seconds_to_ready)


def _memory(stack: Stack) -> dict[str, tuple[float, float, bool]]:
    """Resident and proportional MiB of each part, and whether it is a Python process."""
    pids = {part["name"]: part["pid"] for part in stack.state["parts"]}
    pids["shadower up"] = stack.launcher_pid
    measured = {name: _tree(pid, deep=name == "postgres") for name, pid in pids.items()}
    native = ("postgres", "envoy")
    return {name: (*sizes, name not in native) for name, sizes in measured.items()}


def _tree(pid: int, *, deep: bool) -> tuple[float, float]:
    """PostgreSQL's processes share their buffers, which only the proportional size counts once."""
    process = psutil.Process(pid)
    processes = [process, *(process.children(recursive=True) if deep else [])]
    sizes = [one.memory_full_info() for one in processes]
    return sum(s.rss for s in sizes) / MIB, sum(s.pss for s in sizes) / MIB


def _print(memory: dict[str, tuple[float, float, bool]], first: float, again: float) -> None:
    rows = [[name, f"{rss:.0f}", f"{pss:.0f}"] for name, (rss, pss, _) in memory.items()]
    rss_total = sum(rss for rss, _, _ in memory.values())
    pss_total = sum(pss for _, pss, _ in memory.values())
    rows.append(["whole stack", f"{rss_total:.0f}", f"{pss_total:.0f}"])
    report("Idle memory, MiB", ["part", "resident", "proportional"], rows)
    largest = max(rss for rss, _, is_python in memory.values() if is_python)
    report(
        "From start to ready, s",
        ["start", "seconds"],
        [["first, with a new database", f"{first:.2f}"], ["second", f"{again:.2f}"]],
    )
    conclude(
        "footprint",
        ratio=round(rss_total / STACK_LIMIT_MIB, 3),
        largest_python_mib=round(largest, 1),
        python_limit_mib=PROCESS_LIMIT_MIB,
        stack_rss_mib=round(rss_total, 1),
        stack_pss_mib=round(pss_total, 1),
        stack_limit_mib=STACK_LIMIT_MIB,
        first_start_seconds=round(first, 2),
        second_start_seconds=round(again, 2),
    )
