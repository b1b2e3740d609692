"""What a command cannot do, said in one line."""

USAGE = 2
UNFINISHED = 3


class CommandError(Exception):
    """An expected failure: printed as one line, without a traceback."""

    def __init__(self, message: str, *, exit_code: int = UNFINISHED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class UsageError(CommandError):
    """The command was asked for something that makes no sense."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=USAGE)
