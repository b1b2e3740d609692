"""What processes have spent."""

from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from bench.stack import Stack

PARTS = ("edge", "limits", "metrics", "postgres")


@dataclass(frozen=True)
class Spending:
    """Seconds of a core and bytes of memory, by the process's name; "all" is the whole machine."""

    cpu: Mapping[str, float]
    memory: Mapping[str, int]


def spent(stack: Stack) -> Spending:
    """Until now."""
    groups = {name: _with_children(psutil.Process(stack.pid_of(name))) for name in PARTS}
    groups["caller"] = [psutil.Process()]
    everything = psutil.cpu_times()
    cpu = {name: sum(sum(one.cpu_times()[:2]) for one in group) for name, group in groups.items()}
    memory = {name: sum(one.memory_info().rss for one in group) for name, group in groups.items()}
    return Spending({**cpu, "all": everything.user + everything.nice + everything.system}, memory)


def _with_children(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]
