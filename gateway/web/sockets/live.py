"""shadower.live.v1: metrics as they change, over a WebSocket. docs/websocket.md describes it."""

from datetime import datetime
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict, ParseError
from google.rpc.status_pb2 import Status
from shadower.metrics.v1.metrics_service_pb2 import StreamMetricsRequest, StreamMetricsResponse

from gateway.web.following import Following
from gateway.web.pending import Pending
from gateway.web.sockets.endings import Ending, too_slow
from gateway.web.sockets.reading import (
    Message,
    invalid,
    subscription_id,
    token_of,
    unknown_type,
)
from gateway.web.sockets.session import Session
from gateway.web.statuses import OK, status_json
from services.runtime.faults import Fault, invalid_field
from services.runtime.status import to_status


class LiveSession(Session):
    """A client of the protocol."""

    subprotocol = "shadower.live.v1"

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._readers: dict[str, LiveReader] = {}

    def credentials(self, message: Message) -> object:
        return message

    async def welcome(self, expires_at: datetime) -> None:
        await self._answer("connection_ack", expireTime=_time(expires_at))

    def last_words(self, ending: Ending) -> str | None:
        return _frame("error", status=status_json(ending.status))

    async def handle(self, message: Message) -> None:
        match message["type"]:
            case "subscribe":
                await self._subscribe(subscription_id(message), message.get("request"))
            case "unsubscribe":
                await self._unsubscribe(subscription_id(message))
            case "token":
                await self._renew(token_of(message))
            case "ping":
                await self._answer("pong")
            case "pong":
                return
            case _:
                raise unknown_type(message)

    async def _subscribe(self, name: str, content: object) -> None:
        try:
            request = _request(content)
            reader = LiveReader(name, Following(self.room.services, request, self.caller), self)
            self.subscribe(name, reader.run())
            self._readers[name] = reader
        except Fault as fault:
            await self._answer("error", id=name, status=status_json(to_status(fault)))

    async def _unsubscribe(self, name: str) -> None:
        """Says that nothing more will come, also of what had ended before it was said."""
        self.unsubscribe(name)
        reader = self._readers.pop(name, None)
        if reader is not None:
            self.outbox.forget(reader)
        await self._answer("complete", id=name)

    async def _renew(self, token: str | None) -> None:
        if token is None:
            raise invalid("the message has no token")
        expires_at = self.trust(token)
        for reader in self._readers.values():
            reader.following.renew(self.caller)
        await self._answer("token_ack", expireTime=_time(expires_at))

    def has_ended(self, name: str) -> None:
        self.unsubscribe(name)
        self._readers.pop(name, None)

    async def _answer(self, kind: str, **content: Any) -> None:
        await self.outbox.answers.put(_frame(kind, **content))


class LiveReader:
    """A subscription: what its stream tells, and what of it is still to be sent."""

    def __init__(self, name: str, following: Following, session: LiveSession) -> None:
        self.following = following
        self._name = name
        self._beginning = f'{{"type":"next","id":{orjson.dumps(name).decode()},"response":'
        self._session = session
        self._pending = Pending()
        self._last: str | None = None

    def __bool__(self) -> bool:
        return bool(self._pending) or self._last is not None

    def take(self) -> str:
        if self._pending:
            response = self._session.room.texts.of(self._pending.take())
            return f"{self._beginning}{response}}}"
        last, self._last = self._last or "", None
        self._session.has_ended(self._name)
        return last

    async def run(self) -> None:
        try:
            with self._session.room.subscription(self._session):
                status = await self.following.follow(self._offer)
        except Fault as fault:
            status = to_status(fault)
        self._last = self._end(status)
        self._session.outbox.wake(self)

    def _offer(self, message: StreamMetricsResponse) -> None:
        if not self._pending.offer(message):
            self._session.end(too_slow(self._session.room.settings.slow_reader_seconds))
        self._session.outbox.wake(self)

    def _end(self, status: Status) -> str:
        if status.code == OK:
            return _frame("complete", id=self._name)
        cursor = self.following.cursor
        return _frame("error", id=self._name, status=status_json(status), cursor=cursor)


def _request(content: object) -> StreamMetricsRequest:
    if not isinstance(content, dict):
        raise invalid_field("request", "must be a StreamMetricsRequest as JSON")
    try:
        request: StreamMetricsRequest = ParseDict(content, StreamMetricsRequest())
    except ParseError as wrong:
        raise invalid_field("request", str(wrong)[:200]) from wrong
    return request


def _frame(kind: str, **content: Any) -> str:
    return orjson.dumps({"type": kind, **content}).decode()


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
