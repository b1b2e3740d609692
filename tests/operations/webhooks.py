"""A webhook's secret and the key by which it is sealed are replaced while messages flow.

    python -m tests.operations.webhooks

Each event must come, signed by a secret that its receiver has learned by then. Takes a minute.
"""

import asyncio
import base64
import os
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.warehouse.migrate import migrate
from tests.operations.ground import Ground, check, ground, new_server, say, until_ready
from tests.support.bus import database_of
from tests.support.notifications import QUICK, TARGET_ID, Told, alert
from tests.support.receivers import Got, Receiver, running_receiver
from tests.support.stack import Running

WORKSPACE = "w-webhooks"
PATH = "hook"
PAUSE_SECONDS = 0.1
FLOW_SECONDS = 3
SECONDS = 60


@dataclass
class Flow:
    """What is told, and what the receiver makes of it."""

    told: Told
    receiver: Receiver
    published: list[str] = field(default_factory=list)
    learned: dict[str, int] = field(default_factory=dict)
    """By secrets of the receiver, how many messages had come when it learned of each."""
    is_over: bool = False

    async def keep_telling(self) -> None:
        while not self.is_over:
            self.published.append(str(await self.told.publish(alert())))
            await asyncio.sleep(PAUSE_SECONDS)

    def got(self) -> list[Got]:
        return self.receiver.got[PATH]

    def is_signed(self, got: Got, *secrets: str) -> bool:
        """By one of them, as the library of receivers verifies it."""
        return any(_verifies(secret, got) for secret in secrets)

    def learn(self, secret: str) -> None:
        self.learned[secret] = len(self.got())

    def unsigned(self) -> int:
        return sum(
            not self.is_signed(one, *self.known_at(place)) for place, one in enumerate(self.got())
        )

    def known_at(self, place: int) -> list[str]:
        """Secrets of which the receiver had learned when the message in that place came."""
        return [secret for secret, since in self.learned.items() if since <= place]

    async def is_complete(self) -> None:
        self.is_over = True
        for _ in range(10 * SECONDS):
            if len({_id_of(one) for one in self.got()}) >= len(self.published):
                break
            await asyncio.sleep(0.1)
        ids = [_id_of(one) for one in self.got()]
        check(len(set(ids)) == len(self.published), f"all {len(self.published)} events have come")
        check(
            not self.unsigned(), f"each of {len(ids)} messages is signed by a secret known by then"
        )


def _verifies(secret: str, got: Got) -> bool:
    headers = {name.lower(): value for name, value in got.headers.items()}
    try:
        Webhook(secret).verify(got.body, headers)
    except WebhookVerificationError:
        return False
    return True


def _id_of(got: Got) -> str:
    return {name.lower(): value for name, value in got.headers.items()}["webhook-id"]


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


@dataclass
class Notifier:
    """The process, begun anew with other keys; events wait in the database meanwhile."""

    made: Ground
    url: str
    running: Running | None = None

    async def begin(self, *keys: str) -> Any:
        if self.running is not None:
            await self.made.stop(self.running)
        extra = dict(QUICK) | {"SHADOWER_NOTIFICATION_KEY": ",".join(keys)}
        self.running = self.made.start("notifications", self.made.environment(self.url, **extra))
        await until_ready(self.running)
        return NotificationsServiceStub(self.running.channel())


async def trial(made: Ground, url: str) -> None:
    old, new = new_key(), new_key()
    notifier = Notifier(made, url)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_of(url))
        receiver = await stack.enter_async_context(running_receiver())
        told = Told(await notifier.begin(old), database, made.keys, WORKSPACE)
        target = await told.make(webhook={"url": receiver.at(PATH)})
        flow = Flow(told, receiver)
        flow.learn(target.secret)
        telling = asyncio.create_task(flow.keep_telling())
        await asyncio.sleep(FLOW_SECONDS)
        await secret_changes(flow)
        await key_changes(flow, notifier, old, new)
        await flow.is_complete()
        await telling


async def secret_changes(flow: Flow) -> None:
    """The receiver learns of the new one while both sign; then the old one is forgotten."""
    [before] = flow.learned
    rotated = await flow.told.call("RotateSecret", target_id=TARGET_ID)
    await asyncio.sleep(FLOW_SECONDS)
    check(flow.is_signed(flow.got()[-1], before), "who only knows the old secret verifies still")
    check(flow.is_signed(flow.got()[-1], rotated.secret), "so does who knows the new one alone")
    flow.learn(rotated.secret)
    last = await flow.told.call(
        "RotateSecret", target_id=TARGET_ID, grace_period={"seconds": FLOW_SECONDS}
    )
    flow.learn(last.secret)
    await asyncio.sleep(2 * FLOW_SECONDS)
    check(not flow.is_signed(flow.got()[-1], before), "the old secret signs nothing any more")
    say(f"{len(flow.got())} messages have come")


async def key_changes(flow: Flow, notifier: Notifier, old: str, new: str) -> None:
    """As docs/operations/keys.md says: both, then each target written, then the new one alone."""
    for keys in ((new, old), (new,)):
        flow.told = Told(await notifier.begin(*keys), flow.told.database, flow.told.keys, WORKSPACE)
        await asyncio.sleep(FLOW_SECONDS)
        if old in keys:
            grace = {"seconds": SECONDS}
            again = await flow.told.call("RotateSecret", target_id=TARGET_ID, grace_period=grace)
            flow.learn(again.secret)
    before = len(flow.got())
    await asyncio.sleep(FLOW_SECONDS)
    check(len(flow.got()) > before, "messages flow by the new key alone")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="webhooks-") as folder, ground(Path(folder)) as made:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        data.mkdir()
        server = new_server(data)
        server.start()
        try:
            migrate(server.get_uri())
            asyncio.run(trial(made, server.get_uri()))
        finally:
            server.cleanup()
    say("done")


if __name__ == "__main__":
    main()
