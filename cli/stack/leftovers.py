"""Processes of a stack whose launcher was killed before it could stop them."""

import psutil

from cli.home import PartState, StackState
from cli.stack.postgres import EmbeddedPostgres

STOP_SECONDS = 5


def stop_leftovers(state: StackState | None) -> None:
    """The database is left alone: who starts it next finds it running and takes it over."""
    parts = state.parts if state else ()
    found = [process_of(part) for part in parts if part.name != EmbeddedPostgres.name]
    left = [process for process in found if process is not None]
    for process in left:
        process.terminate()
    _, alive = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in alive:
        process.kill()


def process_of(part: PartState) -> psutil.Process | None:
    """The part's process, unless it is gone and its number belongs to another one."""
    try:
        process = psutil.Process(part.pid)
        same = abs(process.create_time() - part.started_at) < 1
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None
