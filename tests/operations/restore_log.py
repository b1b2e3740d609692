"""The database goes back to a moment, while the log has more than it had, or ever was to have.

    python -m tests.operations.restore_log

With Java. Takes a minute or two. What it does by hand is what docs/operations/backup.md says.
"""

import asyncio
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest

from services.runtime.bus.event import BusEvent
from services.runtime.bus.kafka_group import KafkaGroup
from services.warehouse.bus.dead_letters import bury_alone
from services.warehouse.migrate import migrate
from tests.operations.backup import SETTINGS, WHOLE, asked, disaster, restored, take_base
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
from tests.operations.scale_out import positions
from tests.support.bus import database_of, settings_of, taking_part
from tests.support.kafka import brokers_to_share
from tests.support.rolling import roll, rolling_database, verify
from tests.support.stack import Environment, Running

NAMES = ("ingest", "metrics", "writer", "relay")
GROUP = "trial"
SECONDS = 90
# What docs/operations/backup.md says.
TOLD_AGAIN = "update shadower.bus_positions set txid = '0', id = 0 where group_name = 'relay'"
HEARD = "create table if not exists public.heard (event_id uuid primary key)"


@dataclass(frozen=True)
class Scene:
    """Processes over one database and one log."""

    made: Ground
    url: str
    told: dict[str, str]
    running: dict[str, Running]
    load: Load

    async def until(self, what: str, is_so: Callable[[], bool]) -> None:
        for _ in range(10 * SECONDS):
            if is_so():
                return
            await asyncio.sleep(0.1)
        check(False, what)

    async def stop(self, *names: str) -> None:
        for name in names:
            await self.made.stop(self.running.pop(name))

    def rows(self) -> int:
        query = "select count(*) from shadower.executions"
        return int(asked(self.url, query))

    def is_relayed(self) -> bool:
        """Whether all that the outbox holds is in Kafka."""
        query = """select not exists (select from shadower.outbox o, shadower.bus_positions p
            where group_name = 'relay' and (o.txid, o.id) > (p.txid, p.id))"""
        return bool(asked(self.url, query))

    def unheard(self) -> int:
        """Events of the outbox that the group has not made a row of."""
        query = """select count(*) from shadower.outbox
            where not exists (select from public.heard where heard.event_id = outbox.event_id)"""
        return int(asked(self.url, query))

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """A group of subscribers that keeps in the database what it has heard."""
        settings = settings_of(
            self.url, self.told["KAFKA_BROKERS"], bus_topic=self.told["SHADOWER_BUS_TOPIC"]
        )
        async with database_of(self.url) as database:
            group = KafkaGroup(settings, GROUP, partial(bury_alone, database))
            async with taking_part(group, self._keep):
                yield

    async def _keep(self, event: BusEvent) -> None:
        await asyncio.to_thread(self._insert, event.id)

    def _insert(self, event_id: uuid.UUID) -> None:
        with psycopg.connect(self.url) as connection:
            query = "insert into public.heard values (%s) on conflict do nothing"
            connection.execute(query, [event_id])

    async def is_heard(self) -> None:
        async with self.listening():
            await self.until("the group hears everything", lambda: self.unheard() == 0)


async def scene_of(made: Ground, url: str, told: dict[str, str], workspace: str = "") -> Scene:
    environment: Environment = made.environment(url, **told)
    running = {name: made.start(name, environment) for name in NAMES}
    await until_ready(*running.values())
    load = load_on(made, [running["ingest"]], [running["metrics"]])
    load.workspace = workspace or load.workspace
    return Scene(made, url, told, running, load)


@dataclass(frozen=True)
class Moment:
    """What was so at the moment to which the database goes back."""

    when: str
    rows: int
    position: int
    unheard: int


async def before(scene: Scene, server: Any, base: Path) -> Moment:
    load = scene.load
    await load.write(20)
    await scene.until("written", lambda: scene.rows() == load.acknowledged)
    async with rolling_database(scene.url) as database:
        await roll(database, load.workspace, WHOLE)
    await asyncio.to_thread(take_base, server, base)
    say(f"base backup taken at {load.acknowledged} acknowledged")
    await load.write(20)
    await scene.until("written", lambda: scene.rows() == load.acknowledged)
    await scene.until("relayed", scene.is_relayed)
    await scene.is_heard()
    await load.write(10)
    await scene.until("written", lambda: scene.rows() == load.acknowledged)
    await scene.until("relayed", scene.is_relayed)
    moment = Moment(
        str(asked(scene.url, "select clock_timestamp()")),
        scene.rows(),
        positions(scene.url),
        scene.unheard(),
    )
    say(f"the moment: {moment}")
    return moment


async def after_the_moment(scene: Scene) -> None:
    """Some is written that will be forgotten, and some is never written by who is there now."""
    load = scene.load
    await load.write(30)
    await scene.until("written", lambda: scene.rows() == load.acknowledged)
    await scene.until("relayed", scene.is_relayed)
    await scene.is_heard()
    await scene.stop("writer")
    await load.write(10)
    say(f"{load.acknowledged} acknowledged, {scene.rows()} of them written, when it happens")
    await scene.stop(*list(scene.running))


async def afterwards(scene: Scene, server: Any) -> None:
    load = scene.load
    await scene.until("written again", lambda: scene.rows() >= load.sent)
    await is_exact(scene)
    async with scene.listening():
        await scene.until("the group has heard all", lambda: scene.unheard() == 0)
        events = asked(scene.url, "select count(*) from shadower.outbox")
        check(True, f"the group's rows tell of all {events} events of the outbox")
    await load.write(10)
    await scene.until("written", lambda: scene.rows() >= load.sent)
    await is_exact(scene)
    async with rolling_database(scene.url) as database:
        found = await verify(database, load.workspace)
    wrong = [one for one in found if one.differences]
    cells = sum(one.cells for one in found)
    check(cells > 0 and not wrong, f"VerifyRollups: {cells} cells agree with the facts")


async def is_exact(scene: Scene) -> None:
    load = scene.load
    query = "select count(distinct (workspace_id, execution_id)) from shadower.executions"
    check(asked(scene.url, query) == scene.rows() == load.sent, f"{load.sent} rows, each once")
    check(await load.count() == load.sent, "they are counted")
    request = ReconcileRequest(workspace_id=load.workspace, recount=True)
    answer = await load.ingest.call("Reconcile", request, load.metadata)
    received, stored, again = (
        sum(getattr(one, name) for one in answer.entries)
        for name in ("received", "stored", "duplicate")
    )
    say(
        f"Reconcile: received {received}, stored {stored}, duplicate {again}, "
        f"behind {answer.entries_behind}"
    )
    is_right = answer.balanced and stored == received == load.sent and not answer.entries_behind
    check(is_right, "the ledger agrees with the facts, and nothing came twice")


async def trial(made: Ground, brokers: str) -> None:
    folder, mark = made.folder, uuid.uuid4().hex[:8]
    archive, base, data = folder / "archive", folder / "base", folder / "data"
    archive.mkdir(mode=0o777)
    archive.chmod(0o777)
    data.mkdir()
    server = new_server(data, SETTINGS.format(archive=archive))
    server.start()
    told = {
        "KAFKA_BROKERS": brokers,
        "SHADOWER_LOG_TOPIC": f"log-{mark}",
        "SHADOWER_BUS_TOPIC": f"bus-{mark}",
    }
    try:
        await asyncio.to_thread(migrate, server.get_uri())
        scene = await scene_of(made, server.get_uri(), told)
        with psycopg.connect(scene.url) as connection:
            connection.execute(HEARD)
        moment = await before(scene, server, base)
        await after_the_moment(scene)
        await asyncio.to_thread(disaster, scene.url)
        say("disaster: facts and ledger are gone")
    finally:
        server.stop()
    shutil.rmtree(data)
    again = await asyncio.to_thread(restored, base, folder / "restored", archive, moment.when)
    try:
        await resumed(made, again, scene, moment)
    finally:
        again.cleanup()


async def resumed(made: Ground, server: Any, old: Scene, moment: Moment) -> None:
    url = server.get_uri()
    for _ in range(SECONDS):
        if not asked(url, "select pg_is_in_recovery()"):
            break
        await asyncio.sleep(1)
    found = int(asked(url, "select count(*) from shadower.executions")), positions(url)
    check(found == (moment.rows, moment.position), f"rows and position are of the moment: {found}")
    with psycopg.connect(url) as connection:
        connection.execute(TOLD_AGAIN)
    scene = await scene_of(made, url, old.told, old.load.workspace)
    scene.load.sent = old.load.acknowledged
    say(f"{old.load.acknowledged - moment.rows} acknowledged executions are in the log alone")
    await afterwards(scene, server)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="restore-log-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        kafka = Path(folder) / "kafka"
        kafka.mkdir()
        with brokers_to_share(kafka) as brokers:
            asyncio.run(trial(made, brokers))
    say("done")


if __name__ == "__main__":
    main()
