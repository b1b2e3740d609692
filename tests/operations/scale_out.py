"""One writer becomes three and one of them dies, while the log is written by a real Kafka.

    python -m tests.operations.scale_out

Needs Java, or KAFKA_BROKERS. Takes some minutes.
"""

import asyncio
import json
import tempfile
import uuid
from pathlib import Path
from typing import Any

import psycopg

from services.warehouse.migrate import migrate
from tests.operations.ground import (
    READY_SECONDS,
    Ground,
    Load,
    check,
    ground,
    load_on,
    new_server,
    say,
    until_ready,
)
from tests.support.kafka import brokers_to_share
from tests.support.stack import Environment, Running

PARTITIONS = 6
WRITERS = 3
SECONDS_EACH = 5
WORKSPACES = 12


def told(made: Ground, url: str, brokers: str) -> Environment:
    mark = uuid.uuid4().hex[:8]
    return made.environment(
        url,
        KAFKA_BROKERS=brokers,
        SHADOWER_LOG_TOPIC=f"log-{mark}",
        SHADOWER_BUS_TOPIC=f"bus-{mark}",
        SHADOWER_TOPIC_PARTITIONS=str(PARTITIONS),
    )


def shares(writers: list[Running]) -> list[int]:
    """How many partitions each has, as each said last."""
    return [_last_share(writer.log.read_text()) for writer in writers]


def _last_share(log: str) -> int:
    lines = [json.loads(line) for line in log.splitlines() if '"partitions"' in line]
    return int(lines[-1]["count"]) if lines else 0


def positions(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("select sum(next_offset) from shadower.log_positions").fetchone()
    return int(row[0] or 0) if row else 0


async def until_written(loads: list[Load]) -> None:
    """Until all that was acknowledged is counted, in each workspace."""
    for one in loads:
        for _ in range(READY_SECONDS):
            if await one.count() == one.acknowledged:
                break
            await asyncio.sleep(1)
        check(await one.count() == one.acknowledged, f"{one.acknowledged} of a workspace counted")


async def trial(made: Ground, brokers: str) -> None:
    data = made.folder / "data"
    data.mkdir()
    server = new_server(data)
    server.start()
    try:
        await _trial(made, server, brokers)
    finally:
        server.cleanup()


async def _trial(made: Ground, server: Any, brokers: str) -> None:
    url = server.get_uri()
    await asyncio.to_thread(migrate, url)
    environment = told(made, url, brokers)
    services = [made.start(name, environment) for name in ("ingest", "metrics")]
    writers = [made.start("writer", environment)]
    await until_ready(*services, *writers)
    loads = [load_on(made, services[:1], services[1:]) for _ in range(WORKSPACES)]
    work = [asyncio.create_task(load.keep_writing()) for load in loads]
    await asyncio.sleep(SECONDS_EACH)
    say(f"one writer: {positions(url)} entries written; shares {shares(writers)}")
    writers += [made.start("writer", environment) for _ in range(WRITERS - 1)]
    await until_ready(*writers)
    await asyncio.sleep(SECONDS_EACH)
    say(f"three writers: {positions(url)} entries written; shares {shares(writers)}")
    writers[0].process.kill()
    made.running.remove(writers[0])
    say("the first writer is killed")
    await asyncio.sleep(2 * SECONDS_EACH)
    say(f"two writers: {positions(url)} entries written; shares {shares(writers[1:])}")
    for load in loads:
        load.is_over = True
    await asyncio.gather(*work)
    total = sum(load.acknowledged for load in loads)
    say(f"acknowledged {total}; refusals {[dict(one.refusals) for one in loads if one.refusals]}")
    await until_written(loads)
    say(f"in the end: shares {shares(writers[1:])}")
    for load in loads[:3]:
        check(await load.is_balanced(), "the ledger agrees with the facts")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="scale-out-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        kafka = Path(folder) / "kafka"
        kafka.mkdir()
        with brokers_to_share(kafka) as brokers:
            say(f"kafka is there: {brokers}")
            asyncio.run(trial(made, brokers))
    say("done")


if __name__ == "__main__":
    main()
