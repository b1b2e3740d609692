"""A Citus in place of one server: a coordinator and workers, with databases of their own for tests.

    TEST_DATABASE_URL=postgresql://postgres@coordinator/postgres
    TEST_CITUS_WORKERS=worker-1:5432,worker-2:5432

Each database takes seconds to make, since nothing can be copied that is spread.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from services.warehouse.distributing import distribute
from services.warehouse.migrate import migrate
from tests.support.postgres import Server


@dataclass(frozen=True)
class CitusServer(Server):
    """By the URL of the coordinator's maintenance database. Those of workers differ by host and
    port alone."""

    workers: tuple[str, ...] = ()

    def create(self, template: str | None = None) -> str:
        """One that is migrated and distributed, if a template is named; else one that is empty."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        for node in self._nodes():
            _create(node, name)
        url = self.url_of(name)
        self._join(url)
        if template:
            migrate(url)
            distribute(url)
        return url

    def drop(self, url: str) -> None:
        name = sql.Identifier(urlsplit(url).path.strip("/"))
        for node in self._nodes():
            with psycopg.connect(node.url, autocommit=True) as connection:
                connection.execute("set citus.enable_create_database_propagation = off")
                connection.execute(sql.SQL("drop database {} with (force)").format(name))

    def _nodes(self) -> Iterator[Server]:
        yield self
        parts = urlsplit(self.url)
        for worker in self.workers:
            account = f"{parts.username}@" if parts.username else ""
            yield Server(parts._replace(netloc=f"{account}{worker}").geturl())

    def _join(self, url: str) -> None:
        host = urlsplit(self.url)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "select citus_set_coordinator_host(%s, %s)", [host.hostname, host.port or 5432]
            )
            for worker in self.workers:
                name, _, port = worker.partition(":")
                connection.execute("select citus_add_node(%s, %s)", [name, int(port)])


def _create(node: Server, name: str) -> None:
    with psycopg.connect(node.url, autocommit=True) as connection:
        connection.execute("set citus.enable_create_database_propagation = off")
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    with psycopg.connect(node.url_of(name), autocommit=True) as connection:
        connection.execute("create extension citus")


def workers_given() -> tuple[str, ...]:
    given = os.environ.get("TEST_CITUS_WORKERS", "")
    return tuple(one.strip() for one in given.split(",") if one.strip())
