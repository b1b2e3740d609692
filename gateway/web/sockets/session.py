"""One WebSocket, from its first message to the last: who speaks, how much, and until when."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.web.caller import Caller, bearer_of
from gateway.web.sockets import endings
from gateway.web.sockets.allowance import Allowance
from gateway.web.sockets.endings import Ending
from gateway.web.sockets.outbox import Outbox
from gateway.web.sockets.reading import Message, read_message, token_of
from gateway.web.sockets.room import Room
from services.runtime.faults import (
    AlreadyExists,
    DeadlineExceeded,
    Fault,
    ResourceExhausted,
    Unauthenticated,
)
from services.runtime.identity import Principal, token_expired

FAREWELL_SECONDS = 1


class Session(ABC):
    """What protocols on WebSockets have in common. A protocol says what its messages are."""

    subprotocol: str

    def __init__(self, socket: WebSocket, room: Room) -> None:
        self.room = room
        self.outbox = Outbox()
        self.caller = Caller.of(socket.headers, bearer_of(socket.headers) or "")
        self._socket = socket
        self._offered: list[str] = socket.scope.get("subprotocols", [])
        self._principal: Principal | None = None
        self._allowance = Allowance(room.settings.messages_per_second)
        self._subscriptions: dict[str, asyncio.Task[None]] = {}
        self._clock = asyncio.timeout(room.settings.init_seconds)
        self._is_listening = False
        self._why: Ending | None = None

    @abstractmethod
    async def handle(self, message: Message) -> None:
        """A message of a client that is known. Raises Ending, and Fault if nobody expected it."""

    @abstractmethod
    async def welcome(self, expires_at: datetime) -> None:
        """Says that the client is known now, and until when."""

    @abstractmethod
    def credentials(self, message: Message) -> object:
        """Where the first message has the token."""

    @abstractmethod
    def last_words(self, ending: Ending) -> str | None:
        """The frame before the close frame, if there is to be one."""

    async def run(self, owner: str | None) -> None:
        """Returns when the connection has ended. Its owner may be known from the handshake."""
        with self.room.guest(self, owner):
            await self._socket.accept(self._chosen_subprotocol())
            await self._run()

    async def _run(self) -> None:
        writing = asyncio.create_task(self._write())
        try:
            await self._until_it_ends()
        except Ending as ending:
            writing.cancel()
            await self._say_farewell(ending)
        finally:
            tasks = [writing, *self._subscriptions.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self, ending: Ending) -> None:
        """Ends the connection from elsewhere; the first reason is the one that is told."""
        if self._why is None:
            self._why = ending
            # If its time is over in this very turn, nothing need be done, nor could be.
            if self._is_listening and not self._clock.expired():
                self._clock.reschedule(asyncio.get_running_loop().time())

    def _chosen_subprotocol(self) -> str | None:
        """A client that offers none means the one of the path."""
        return self.subprotocol if self.subprotocol in self._offered else None

    async def _until_it_ends(self) -> None:
        try:
            async with self._clock:
                await self._converse()
        except TimeoutError:
            raise self._why or self._overdue() from None
        except WebSocketDisconnect:
            return
        finally:
            self._is_listening = False

    async def _converse(self) -> None:
        self._is_listening = True
        if self._why is not None:
            raise self._why
        if self._offered and self._chosen_subprotocol() is None:
            raise endings.unknown_subprotocol(self.subprotocol)
        await self._introduce()
        while True:
            await self.handle(await self._message())

    async def _introduce(self) -> None:
        message = await self._message()
        if message["type"] != "connection_init":
            raise endings.no_token("say connection_init first")
        token = token_of(self.credentials(message)) or self.caller.token
        if not token:
            raise endings.no_token("connection_init has no token")
        await self.welcome(self.trust(token))

    def trust(self, token: str) -> datetime:
        """From now on the client is whom the token names, until it expires. Raises Ending.

        What was told to end is not prolonged by a token that came in the same turn.
        """
        if self._why is not None:
            raise self._why
        try:
            principal = self.room.verifier.verify(token)
            self.room.belong(self, principal.subject)
        except Unauthenticated as refused:
            raise Ending(endings.UNAUTHENTICATED, refused) from refused
        except ResourceExhausted as full:
            raise Ending(endings.TRY_AGAIN_LATER, full) from full
        self._principal = principal
        self.caller = self.caller.with_token(token)
        seconds = (principal.expires_at - datetime.now(UTC)).total_seconds()
        self._clock.reschedule(asyncio.get_running_loop().time() + seconds)
        return principal.expires_at

    async def _message(self) -> Message:
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code") or 1005)
        if not self._allowance.take():
            raise endings.too_many_messages(self.room.settings.messages_per_second)
        if self._principal and not self.room.verifier.still_trusts(self._principal):
            self.trust(self.caller.token)
        return read_message(event)

    def subscribe(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begins what goes on beside the conversation. Raises Ending or ResourceExhausted."""
        try:
            self._check_subscription(name)
        except (Ending, Fault):
            work.close()
            raise
        task = asyncio.create_task(work)
        task.add_done_callback(self._notice)
        self._subscriptions[name] = task

    def _notice(self, task: "asyncio.Task[None]") -> None:
        """What nobody foresaw ends the connection, since nobody knows what it did to it."""
        if not task.cancelled() and (error := task.exception()) is not None:
            structlog.get_logger("sockets").error("internal error", exc_info=error)
            self.end(Ending(endings.INTERNAL, error))

    def _check_subscription(self, name: str) -> None:
        if name in self._subscriptions:
            told = f"{name} is subscribed already"
            exists = AlreadyExists("SUBSCRIPTION_EXISTS", told, metadata={"id": name})
            raise Ending(endings.SUBSCRIPTION_EXISTS, exists)
        limit = self.room.settings.subscriptions_per_socket
        if len(self._subscriptions) >= limit:
            raise ResourceExhausted(
                "TOO_MANY_SUBSCRIPTIONS",
                f"a connection has at most {limit} subscriptions",
                metadata={"limit": str(limit)},
            )

    def unsubscribe(self, name: str) -> bool:
        """False if there was no such subscription."""
        task = self._subscriptions.pop(name, None)
        if task is not None:
            task.cancel()
        return task is not None

    async def _write(self) -> None:
        seconds = self.room.settings.slow_reader_seconds
        try:
            while True:
                frame = await self.outbox.next()
                async with asyncio.timeout(seconds):
                    await self._socket.send_text(frame)
        except TimeoutError:
            self.end(endings.too_slow(seconds))
        except WebSocketDisconnect:
            return  # The reader hears of it, too.

    async def _say_farewell(self, ending: Ending) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            words = self.last_words(ending)
            if words and ending.code != endings.READER_TOO_SLOW:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._socket.send_text(words), FAREWELL_SECONDS)
            await self._socket.close(ending.code, ending.reason)

    def _overdue(self) -> Ending:
        if self._principal is None:
            seconds = self.room.settings.init_seconds
            late = DeadlineExceeded("TOKEN_MISSING", f"no token came within {seconds:g} s")
            return Ending(endings.INIT_OVERDUE, late)
        return Ending(endings.TOKEN_EXPIRED, token_expired())
