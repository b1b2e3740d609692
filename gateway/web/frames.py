"""WebSocket frames, bounded in size by the library and here in time and number."""

import asyncio
import json
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import WebSocketException
from websockets.http11 import Request

from gateway.web.statuses import status_json
from services.runtime.faults import InvalidArgument
from services.runtime.status import to_status

# A reader who is this far behind is waited for; what the system buffers comes on top.
WRITE_AHEAD_BYTES = 32 * 1024
# Answers to pings are not waited for, so somebody who only sends pings could pile them up.
MOST_UNREAD_BYTES = 4 * 1024 * 1024
# What was said last may arrive, then the connection is cut, read or not.
LINGER_SECONDS = 5
POLICY_VIOLATION = 1008
REFUSED = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n"
)


def bounded_web_socket(
    message_seconds: float, frames_per_second: int
) -> type[WebSocketsSansIOProtocol]:
    """A protocol class for uvicorn, which makes its objects itself."""

    class Bounded(BoundedWebSocket):
        MESSAGE_SECONDS = message_seconds
        FRAMES_PER_SECOND = frames_per_second

    return Bounded


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """Ends connections whose messages never end, or that send more pings than anybody needs."""

    MESSAGE_SECONDS = 10.0
    FRAMES_PER_SECOND = 20

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._overdue: asyncio.TimerHandle | None = None
        self._second = 0
        self._frames = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_AHEAD_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_overdue()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse_handshake(self.conn.handshake_exc)
            return
        if not self._has_begun_a_message():
            self._forget_overdue()
        elif self._overdue is None:
            self._overdue = self.loop.call_later(self.MESSAGE_SECONDS, self._end_overdue)

    def handle_connect(self, event: Request) -> None:
        try:
            self.conn.process_request(event)
        except WebSocketException as wrong:
            self._refuse_handshake(wrong)
        else:
            super().handle_connect(event)

    def _refuse_handshake(self, wrong: Exception) -> None:
        """The library says nothing of some, until the edge gives up, and of others no JSON."""
        self.handshake_initiated = self.handshake_complete = self.close_sent = True
        status = to_status(InvalidArgument("EDGE_REFUSED", f"that opens no WebSocket: {wrong}"))
        body = json.dumps(status_json(status)).encode()
        self.transport.write(REFUSED % len(body) + body)
        self.transport.close()

    def send_receive_event_to_app(self) -> None:
        self._forget_overdue()
        super().send_receive_event_to_app()

    def handle_ping(self) -> None:
        super().handle_ping()
        self._count_frame()

    def handle_cont(self, event: Any) -> None:
        super().handle_cont(event)
        self._count_frame()

    def handle_parser_exception(self) -> None:
        """Says why and reads on without looking: to close at once would reset the connection, and
        the client would never read what was said."""
        if self.close_sent:
            return
        said = self.conn.close_sent
        code, reason = (said.code, said.reason) if said is not None else (1006, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.write_eof()
        self.close_sent = True
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    async def send(self, message: Any) -> None:
        """A farewell is not waited for: it is why nobody is reading."""
        if message["type"] == "websocket.close":
            self.writable.set()
        await super().send(message)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _has_begun_a_message(self) -> bool:
        return bool(self.frames) or bool(self.conn.reader.buffer)

    def _forget_overdue(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _end_overdue(self) -> None:
        self._end(f"a message must end within {self.MESSAGE_SECONDS:g} s")

    def _count_frame(self) -> None:
        """Of those that the application does not see, and so cannot count."""
        second = int(self.loop.time())
        self._frames = self._frames + 1 if second == self._second else 1
        self._second = second
        if self._frames > self.FRAMES_PER_SECOND:
            self._end("too many frames a second")
        if self.transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
            self.transport.abort()

    def _end(self, why: str) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        self.conn.fail(POLICY_VIOLATION, why)
        self.handle_parser_exception()
