"""What a command cannot do, said in a few lines, and the code that it exits with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Codes above 63 are those of sysexits.h."""

    OK = 0
    PARTLY = 1
    USAGE = 2
    UNFINISHED = 3
    REFUSED = 65
    NOT_FOUND = 66
    UNAUTHENTICATED = 67
    UNAVAILABLE = 69
    INTERNAL = 70
    CONFLICT = 73
    OUTPUT = 74
    BUSY = 75
    DENIED = 77
    CONFIGURATION = 78
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.OK: "It is done.",
    ExitCode.PARTLY: "It is done but for some: lines that were rejected, parts that are not ready.",
    ExitCode.USAGE: "The command was called wrongly.",
    ExitCode.UNFINISHED: "It could not be finished, for another reason than those below.",
    ExitCode.REFUSED: "The request, or a file of it, makes no sense; what of it is said.",
    ExitCode.NOT_FOUND: "What is named is not there.",
    ExitCode.UNAUTHENTICATED: "No token came, or none that is good.",
    ExitCode.UNAVAILABLE: "Nobody answers, or not in time.",
    ExitCode.INTERNAL: "The service failed.",
    ExitCode.CONFLICT: "There is something else under that name, or somebody else was faster.",
    ExitCode.OUTPUT: "A file could not be written, or what came is not whole.",
    ExitCode.BUSY: "There is no room for it now, or a limit is reached: try later.",
    ExitCode.DENIED: "The token does not allow it.",
    ExitCode.CONFIGURATION: "The file of profiles cannot be used, or there is no such profile.",
    ExitCode.INTERRUPTED: "Somebody ended it by Ctrl-C.",
}

USAGE = ExitCode.USAGE
UNFINISHED = ExitCode.UNFINISHED


class CommandError(Exception):
    """An expected failure: printed in a few lines, without a traceback."""

    def __init__(self, message: str, *, exit_code: int = UNFINISHED) -> None:
        super().__init__(message)
        self.exit_code = int(exit_code)


class UsageError(CommandError):
    """The command was asked for something that makes no sense."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=USAGE)
