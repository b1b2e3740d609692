"""Real receivers of notifications on the loopback: of HTTP, and of mail."""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.support.ports import free_port

SECONDS = 60
HANG = 0


@dataclass(frozen=True)
class Got:
    """A request as it came."""

    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def title(self) -> str:
        return str(self.content["title"])


@dataclass(frozen=True)
class Answer:
    """What a receiver says; HANG says nothing."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"


@dataclass
class Receiver:
    """Each path is a receiver by itself; it answers as it is told to, and then well."""

    url: str
    got: dict[str, list[Got]] = field(default_factory=lambda: defaultdict(list))
    answers: dict[str, deque[Answer]] = field(default_factory=lambda: defaultdict(deque))
    always: dict[str, Answer] = field(default_factory=dict)

    def at(self, path: str) -> str:
        return f"{self.url}/{path}"

    def says(self, path: str, *answers: Answer) -> None:
        self.answers[path].extend(answers)

    async def take(self, path: str, number: int = 1, seconds: float = SECONDS) -> list[Got]:
        """All that came, once there are so many."""
        async with asyncio.timeout(seconds):
            while len(self.got[path]) < number:  # noqa: ASYNC110 - it waits for other processes
                await asyncio.sleep(0.01)
        return self.got[path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.strip("/")
        body = await request.read()
        self.got[path].append(Got(dict(request.headers), body, time.monotonic()))
        waiting = self.answers[path]
        said = waiting.popleft() if waiting else self.always.get(path, Answer())
        if said.status == HANG:
            await asyncio.sleep(3600)
        return web.Response(status=said.status, headers=said.headers, body=said.body)


@asynccontextmanager
async def running_receiver() -> AsyncIterator[Receiver]:
    port = free_port()
    receiver = Receiver(f"http://127.0.0.1:{port}")
    app = web.Application(client_max_size=1024 * 1024)
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass
class Mailbox:
    """What was taken for anybody, and what is said to some."""

    url: str
    letters: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))

    # The library calls these by their names.
    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.refused[address]:
            return self.refused[address].popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        letter: Any = message_from_bytes(raw, policy=default)
        letter["X-Taken-For"] = ",".join(envelope.rcpt_tos)
        self.letters.append(letter)
        return "250 taken"

    def of(self, address: str) -> list[EmailMessage]:
        return [one for one in self.letters if address in str(one["X-Taken-For"]).split(",")]

    async def take(self, address: str, number: int = 1) -> list[EmailMessage]:
        async with asyncio.timeout(SECONDS):
            while len(self.of(address)) < number:  # noqa: ASYNC110 - it waits for other processes
                await asyncio.sleep(0.02)
        return self.of(address)


@contextmanager
def running_mailbox() -> Iterator[Mailbox]:
    port = free_port()
    mailbox = Mailbox(f"smtp://127.0.0.1:{port}?tls=none")
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
