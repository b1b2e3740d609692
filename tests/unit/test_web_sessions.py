"""A WebSocket's session where several things happen in one turn of the loop."""

import asyncio
import json
import time
from typing import Any

import pytest

from gateway.web.settings import WebSettings
from gateway.web.sockets.endings import GOING_AWAY, Ending, too_slow
from gateway.web.sockets.live import LiveSession
from gateway.web.sockets.room import Room
from services.runtime.draining import Draining
from tests.support.keys import KeyRing
from tests.support.verifying import known_revocations, verifier_with

PATIENCE = 5


class Wire:
    """The server's end of a WebSocket whose client is the test."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.scope: dict[str, Any] = {}
        self.said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.code: int | None = None

    def say(self, kind: str, **content: Any) -> None:
        text = json.dumps({"type": kind, **content})
        self.said.put_nowait({"type": "websocket.receive", "text": text})

    async def accept(self, _subprotocol: str | None) -> None:
        """Nothing to do."""

    async def receive(self) -> dict[str, Any]:
        return await self.said.get()

    async def send_text(self, text: str) -> None:
        self.heard.put_nowait(json.loads(text))

    async def close(self, code: int, _reason: str) -> None:
        self.code = code


class Conversation:
    """A session at work, whose client has a token for so many seconds."""

    def __init__(self, ring: KeyRing, room: Room) -> None:
        self.ring = ring
        self.wire = Wire()
        self.session = LiveSession(self.wire, room)
        self.running = asyncio.create_task(self.session.run(None))

    async def begin(self, seconds: float = 600) -> None:
        self.wire.say("connection_init", token=self.token(seconds))
        assert (await self.wire.heard.get())["type"] == "connection_ack"
        # Until it waits for the next message.
        await asyncio.sleep(0)

    def token(self, seconds: float = 600) -> str:
        return self.ring.token("w", exp=int(time.time() + seconds))

    async def code(self) -> int | None:
        await asyncio.wait_for(self.running, PATIENCE)
        return self.wire.code


@pytest.fixture
async def conversation() -> Conversation:
    ring = KeyRing()
    settings: Any = WebSettings(jwks_url="https://unused")
    services: Any = None
    verifier = await verifier_with(ring, known_revocations())
    return Conversation(ring, Room(settings, verifier, services, Draining()))


async def test_a_new_token_does_not_undo_an_end(conversation: Conversation) -> None:
    await conversation.begin()
    conversation.wire.say("token", token=conversation.token())
    conversation.session.end(too_slow(1))
    assert await conversation.code() == 4441


async def test_the_first_token_does_not_undo_an_end(conversation: Conversation) -> None:
    await asyncio.sleep(0)
    conversation.wire.say("connection_init", token=conversation.token())
    conversation.session.end(Ending(GOING_AWAY, Draining().fault()))
    assert await conversation.code() == 1001


async def test_an_end_in_the_turn_of_expiry_harms_nobody(conversation: Conversation) -> None:
    """All sockets are told to go by one loop, which must reach the others, too."""
    await conversation.begin()
    clock = conversation.session._clock
    clock.reschedule(asyncio.get_running_loop().time())
    await asyncio.sleep(0)
    assert clock.expired()
    conversation.session.end(Ending(GOING_AWAY, Draining().fault()))
    assert await conversation.code() == 1001
