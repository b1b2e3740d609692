"""The processes of a deployment by their names, as modules."""

from collections.abc import Mapping, Sequence

from cli.failures import UsageError
from cli.stack.services import SERVICES, WRITER, module_of

WEB = "web"
EDGE = "edge"
PROGRAMS: Mapping[str, Sequence[str]] = {
    **{name: (module_of(name),) for name in SERVICES},
    WRITER.name: (WRITER.module,),
    WEB: ("gateway.web",),
    EDGE: ("cli", "edge"),
}
NAMES = ", ".join(PROGRAMS)


def checked_name(name: str) -> str:
    """Raises UsageError."""
    if name not in PROGRAMS:
        raise UsageError(f"{name!r} is none of {NAMES}")
    return name


def name_of(command: Sequence[str]) -> str:
    """What runs by that command; empty if it is none of them."""
    for name, program in PROGRAMS.items():
        if _follows(command, ("-m", *program)) or _follows(command, ("serve", name)):
            return name
    return ""


def _follows(command: Sequence[str], words: Sequence[str]) -> bool:
    starts = range(len(command) - len(words) + 1)
    return any(tuple(command[start : start + len(words)]) == tuple(words) for start in starts)
