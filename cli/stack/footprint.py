"""How much memory a part takes."""

import psutil


def resident_bytes(process: psutil.Process) -> int:
    """Of the process and those that it started; what they share counts once, if that is known."""
    family = [process, *process.children(recursive=True)]
    if len(family) == 1 or not psutil.LINUX:
        return sum(int(member.memory_info().rss) for member in family)
    return sum(int(member.memory_full_info().pss) for member in family)
