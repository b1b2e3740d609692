"""One launcher for one home."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from cli.failures import CommandError
from cli.home import Home


@contextmanager
def held_lock(home: Home) -> Iterator[None]:
    """The kernel lets go of it however the process ends. Raises CommandError if another has it."""
    with (home.path / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(_who_has_it(home), exit_code=1) from error
        yield


def _who_has_it(home: Home) -> str:
    state = home.read_state()
    where = f" and answers at {state.address}" if state else ""
    return f"a stack runs in {home.path} already{where}: stop it, or give another --home"
