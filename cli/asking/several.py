"""What a command has done of several things, when one of them is refused."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from cli.failures import CommandError


@contextmanager
def telling_what_is_done(done: Iterable[str]) -> Iterator[None]:
    """Adds to a refusal what was done before: nobody would know where to go on."""
    try:
        yield
    except CommandError as error:
        before = ", ".join(done)
        if not before:
            raise
        told = f"{error}\n  done before: {before}"
        raise CommandError(told, exit_code=error.exit_code) from error
