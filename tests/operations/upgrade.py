"""An upgrade and its rollback under load, old and new replicas together across a migration.

    python -m tests.operations.upgrade [OLD_COMMIT]

Old is the commit, by default the one that is checked out; new is that one and, if
its schema is no newer, a migration that adds a column and an index. Takes some minutes.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from services.warehouse.schema import schema_version
from tests.operations.ground import (
    Ground,
    Load,
    Replicas,
    check,
    ground,
    is_ready,
    load_on,
    new_server,
    say,
    until_ready,
)
from tests.support.stack import ROOT, Environment, Running

NAMES = ("ingest", "metrics")
REPLICAS = 2
LATER = f"{int(schema_version()) + 1:04}"
MIGRATION = """
from services.warehouse.migrations.script import run_sql

revision = "{later}"
down_revision = "{before}"
works_from = "{before}"


def upgrade() -> None:
    run_sql("{later}_trial.sql")
"""
EXPANSION = """
alter table executions add column trial text collate "C";
create index executions_by_trial on executions (workspace_id, trial) where trial is not null;
"""
MIGRATE = "import sys; from services.warehouse.migrate import migrate; print(*migrate(sys.argv[1]))"
SECONDS_BETWEEN = 2


@contextmanager
def tree_of(commit: str, folder: Path) -> Iterator[Path]:
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "--detach", folder, commit], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", folder], check=True, capture_output=True)


def add_migration(tree: Path) -> None:
    versions = tree / "services" / "warehouse" / "migrations" / "versions"
    (versions / f"m{LATER}_trial.py").write_text(
        MIGRATION.format(later=LATER, before=schema_version())
    )
    (versions / f"{LATER}_trial.sql").write_text(EXPANSION)


async def migrated_by(tree: Path, url: str) -> str:
    """By the code of a tree, as its own process."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MIGRATE, url),
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": ""},
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    check(process.returncode == 0, f"the migration is applied: {said.decode().strip()}")
    return said.decode()


@dataclass
class Fleet:
    """All replicas, and the load that goes on while they are replaced."""

    made: Ground
    environment: Environment
    load: Load
    replicas: list[Running]

    async def become(self, tree: Path) -> None:
        """One after the other: the new one first, then the old one's end."""
        for old in list(self.replicas):
            new = self.made.start(old.name, self.environment, tree)
            await until_ready(new)
            where = self._where(old)
            where.add(new)
            self.replicas.append(new)
            await where.remove(old)
            await self.made.stop(old)
            self.replicas.remove(old)
            say(f"{old.name} replaced; {self.told()}")

    async def are_ready(self) -> bool:
        return all([await is_ready(one) for one in self.replicas])

    def told(self) -> str:
        load = self.load
        return f"acknowledged {load.acknowledged}, reads {load.reads}"

    def _where(self, service: Running) -> Replicas:
        return self.load.ingest if service.name == "ingest" else self.load.metrics


async def trial(made: Ground, old: Path, new: Path) -> None:
    data = made.folder / "data"
    data.mkdir()
    server = new_server(data)
    server.start()
    try:
        await _trial(made, server, old, new)
    finally:
        server.cleanup()


async def _trial(made: Ground, server: Any, old: Path, new: Path) -> None:
    url = server.get_uri()
    await migrated_by(old, url)
    environment = made.environment(url)
    fleet = await started(made, environment, old)
    load = fleet.load
    work = [asyncio.create_task(one()) for one in (load.keep_writing, load.keep_reading)]
    await asyncio.sleep(SECONDS_BETWEEN)
    say(f"before: {fleet.told()}")
    await migrated_by(new, url)
    await asyncio.sleep(SECONDS_BETWEEN)
    check(await fleet.are_ready(), f"old replicas serve across the migration; {fleet.told()}")
    say("upgrade")
    await fleet.become(new)
    say("rollback of the code; the schema stays")
    await fleet.become(old)
    load.is_over = True
    await asyncio.gather(*work)
    say(f"refused and tried again: {dict(load.refusals)}")
    check(not load.failed_reads, f"no failed read of {load.reads}: {dict(load.failed_reads)}")
    check(load.acknowledged == load.sent, f"all of {load.sent} acknowledged")
    check(await load.count() == load.sent, "each counts exactly once")
    check(await load.is_balanced(), "the ledger agrees with the facts")
    await refusing(made, environment, url, old)


async def started(made: Ground, environment: Environment, tree: Path) -> Fleet:
    replicas = [made.start(name, environment, tree) for name in NAMES for _ in range(REPLICAS)]
    await until_ready(*replicas)
    of = {name: [one for one in replicas if one.name == name] for name in NAMES}
    return Fleet(made, environment, load_on(made, of["ingest"], of["metrics"]), replicas)


async def refusing(made: Ground, environment: Environment, url: str, old: Path) -> None:
    """After a contraction, code that is too old does not come up."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("update shadower.schema_version set works_from = version_num")
    late = made.start("metrics", environment, old)
    code = await asyncio.to_thread(late.process.wait, 60)
    said = late.log.read_text().splitlines()[-1]
    check(code == 1 and "refuses to serve" in said, said)
    made.running.remove(late)


def main() -> None:
    commit = sys.argv[1] if len(sys.argv) > 1 else "HEAD"
    with tempfile.TemporaryDirectory(prefix="upgrade-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        with (
            tree_of(commit, home / "old") as old,
            tree_of("HEAD", home / "new") as new,
            ground(home) as made,
        ):
            add_migration(new)
            asyncio.run(trial(made, old, new))
    say("done")


if __name__ == "__main__":
    main()
