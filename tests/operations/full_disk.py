"""A full disk under PostgreSQL: what callers are told, and what is there when there is space again.

    python -m tests.operations.full_disk

As root on Linux, since it mounts a small file system of its own. Takes a minute or two.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from services.warehouse.migrate import migrate
from tests.operations.disks import Ballast, small_disk
from tests.operations.ground import (
    Ground,
    Load,
    check,
    ground,
    load_on,
    new_server,
    say,
    until_ready,
)

MEGABYTES = 220
SETTINGS = "min_wal_size = 32MB\nmax_wal_size = 32MB\nwal_recycle = off\n"
BATCHES = 40
SECONDS = 90
MANY = 10


@dataclass(frozen=True)
class Room:
    """What there is none of, and how much is left of the disk."""

    name: str
    left_megabytes: int
    is_of_the_log: bool


ROOMS = (Room("tables", 3, is_of_the_log=False), Room("the log", 0, is_of_the_log=True))


def is_up(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("select true").fetchone() is not None
    except psycopg.Error as error:
        say(f"postgresql: {str(error).strip().splitlines()[-1]}")
        return False


async def until_up(server: Any, url: str) -> None:
    """As whoever keeps the server running does: it is begun again if it has ended."""
    for _ in range(SECONDS):
        if await asyncio.to_thread(is_up, url):
            return
        if not server.get_postmaster_info().process.is_running():
            say("starting postgresql again")
            await asyncio.to_thread(server.start)
        await asyncio.sleep(1)
    sys.exit("FAILED: postgresql does not come back")


async def while_full(load: Load, server: Any, ballast: Ballast, room: Room) -> None:
    """Writers go on against the full disk until they have been refused for some time, and then to
    their end."""
    load.begin()
    ballast.fill(room.left_megabytes)
    writers = [asyncio.create_task(load.keep_writing()) for _ in range(2)]
    if room.is_of_the_log:
        await asyncio.to_thread(use_up_the_log, server.get_uri())
    for _ in range(SECONDS):
        await asyncio.sleep(1)
        if sum(load.refusals.values()) >= MANY:
            break
    say(f"acknowledged {load.acknowledged}, refusals {dict(load.refusals)}")
    check(bool(load.refusals), "writers are refused")
    ballast.clear()
    load.is_over = True
    await until_up(server, server.get_uri())
    await asyncio.gather(*writers)


def use_up_the_log(url: str) -> None:
    """Segment by segment, until none can be made: PostgreSQL ends then, by its own rules."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            for _ in range(20):
                connection.execute("select pg_logical_emit_message(true, 'trial', 'x')")
                connection.execute("select pg_switch_wal()")
    except psycopg.Error as error:
        say(f"postgresql: {str(error).strip().splitlines()[0]}")


async def trial(made: Ground, disk: Path) -> None:
    server = new_server(disk / "data", SETTINGS)
    server.start()
    try:
        await _trial(made, server, Ballast(disk))
    finally:
        server.cleanup()


async def _trial(made: Ground, server: Any, ballast: Ballast) -> None:
    url = server.get_uri()
    await asyncio.to_thread(migrate, url)
    environment = made.environment(url)
    services = [made.start(name, environment) for name in ("ingest", "metrics")]
    await until_ready(*services)
    load = load_on(made, services[:1], services[1:])
    await load.write(BATCHES)
    for room in ROOMS:
        say(f"--- no room for {room.name}")
        check(await load.count() == load.acknowledged, f"{load.acknowledged} acknowledged before")
        await while_full(load, server, ballast, room)
        await until_ready(*services)
        say(f"sent {load.sent}, acknowledged {load.acknowledged}")
        check(await load.count() == load.acknowledged == load.sent, "each counts exactly once")
        check(await load.is_balanced(), "the ledger agrees with the facts")
        kinds = {words.split()[0] for words in load.refusals}
        check(kinds == {"UNAVAILABLE"}, f"refusals may be tried again: {sorted(load.refusals)}")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="full-disk-") as folder,
        small_disk(Path(folder) / "disk", MEGABYTES) as disk,
        ground(Path(folder)) as made,
    ):
        Path(folder).chmod(0o755)
        (disk / "data").mkdir()
        asyncio.run(trial(made, disk))
    say("done")


if __name__ == "__main__":
    main()
