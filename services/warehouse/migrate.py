"""Brings a database's schema up to date, whoever else does so at the same moment."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.pool import NullPool

from services.runtime.faults import Unavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database_url: str, to: str = "head") -> list[str]:
    """Applies what is missing, each migration in a transaction. Names what it applied.

    Raises Unavailable if the database cannot be reached.
    """
    try:
        before = applied_version(database_url) or ""
        command.upgrade(_config(database_url), to)
        after = applied_version(database_url) or ""
    except OperationalError as unreachable:
        reason = str(unreachable.orig).strip()
        raise Unavailable("DATABASE_UNAVAILABLE", f"database: {reason}") from unreachable
    return [name for name in known_versions() if before < name <= after]


def known_versions() -> list[str]:
    """Every migration of this code, oldest first."""
    script = ScriptDirectory.from_config(_config("postgresql://"))
    return sorted(revision.revision for revision in script.walk_revisions())


def applied_version(database_url: str) -> str | None:
    engine = create_engine(_driver_url(database_url), poolclass=NullPool)
    with engine.connect() as connection:
        try:
            return connection.execute(
                text("select version_num from shadower.schema_version")
            ).scalar_one_or_none()
        except ProgrammingError:  # The table comes with the first migration.
            return None


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = _driver_url(database_url)
    return config


def _driver_url(database_url: str) -> str:
    _, _, rest = database_url.partition("://")
    return f"postgresql+psycopg://{rest}"
