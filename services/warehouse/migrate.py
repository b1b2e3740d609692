"""Brings a database's schema up to date, whoever else does so at the same moment."""

from pathlib import Path
from time import monotonic, sleep

import psycopg
import psycopg.errors
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from services.runtime.faults import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"
PATIENCE_SECONDS = 300.0
"""An export may read for as long as that; a migration that waits for it lets others go first."""
PAUSE_SECONDS = 1.0
# Lost connections; servers that end, or do not take anybody yet.
AWAY = ("08", "57P")
BUSY = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


def migrate(database_url: str, to: str = "head", *, wait_seconds: float = 0) -> list[str]:
    """Applies what is missing, each migration in a transaction. Names what it applied.

    Waits so long for a database that is away. Raises Unavailable if it still is, or a table was in
    use all the while; NewerSchemaError, with nothing changed, if the schema is newer than the code.
    """
    config = _config(database_url)
    began = monotonic()
    while not _upgraded(config, to, waited=monotonic() - began, wait_seconds=wait_seconds):
        sleep(PAUSE_SECONDS)
    return list(config.attributes["applied"])


def _upgraded(config: Config, to: str, *, waited: float, wait_seconds: float) -> bool:
    """False if the database is away, or somebody has locked what it needs, and it may be tried
    again."""
    try:
        command.upgrade(config, to)
    except (OperationalError, *BUSY) as failed:
        reason = failed.orig if isinstance(failed, OperationalError) else failed
        if waited < _patience(reason, wait_seconds):
            return False
        raise Unavailable("DATABASE_UNAVAILABLE", f"database: {str(reason).strip()}") from failed
    return True


def _patience(reason: BaseException | None, wait_seconds: float) -> float:
    if isinstance(reason, BUSY):
        return PATIENCE_SECONDS
    return wait_seconds if _is_away(reason) else 0


def _is_away(reason: BaseException | None) -> bool:
    """Whoever is not connected gets no code of SQL."""
    if not isinstance(reason, psycopg.OperationalError):
        return False
    return reason.sqlstate is None or reason.sqlstate.startswith(AWAY)


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = _driver_url(database_url)
    config.attributes["applied"] = []
    return config


def _driver_url(database_url: str) -> str:
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"
