"""Brings a database's schema up to date, whoever else does so at the same moment."""

from pathlib import Path
from time import monotonic, sleep

import psycopg.errors
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from services.runtime.faults import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_SECONDS = 300.0
"""An export may read for as long as that; a migration that waits for it lets others go first."""
PAUSE_SECONDS = 1.0
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def migrate(database_url: str, to: str = "head") -> list[str]:
    """Applies what is missing, each migration in a transaction. Names what it applied.

    Raises Unavailable if the database cannot be reached, or a table was in use all the while.
    """
    config = _config(database_url)
    ends_at = monotonic() + PATIENCE_SECONDS
    while not _upgraded(config, to, is_last=monotonic() >= ends_at):
        sleep(PAUSE_SECONDS)
    return list(config.attributes["applied"])


def _upgraded(config: Config, to: str, *, is_last: bool) -> bool:
    """False if somebody has locked what it needs, and it may be tried again."""
    try:
        command.upgrade(config, to)
    except (OperationalError, *BUSY) as failed:
        reason = failed.orig if isinstance(failed, OperationalError) else failed
        if isinstance(reason, BUSY) and not is_last:
            return False
        raise Unavailable("DATABASE_UNAVAILABLE", f"database: {str(reason).strip()}") from failed
    return True


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = _driver_url(database_url)
    config.attributes["applied"] = []
    return config


def _driver_url(database_url: str) -> str:
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"
