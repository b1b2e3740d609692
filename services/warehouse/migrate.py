"""Brings a database's schema up to date, whoever else does so at the same moment."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from services.runtime.faults import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database_url: str, to: str = "head") -> list[str]:
    """Applies what is missing, each migration in a transaction. Names what it applied.

    Raises Unavailable if the database cannot be reached.
    """
    config = _config(database_url)
    try:
        command.upgrade(config, to)
    except OperationalError as unreachable:
        reason = str(unreachable.orig).strip()
        raise Unavailable("DATABASE_UNAVAILABLE", f"database: {reason}") from unreachable
    return list(config.attributes["applied"])


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = _driver_url(database_url)
    config.attributes["applied"] = []
    return config


def _driver_url(database_url: str) -> str:
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"
