"""graphql-transport-ws: GraphQL's subscriptions, and its queries, over a WebSocket.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from contextlib import aclosing
from datetime import datetime
from typing import Any

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.types.execution import PreExecutionError

from gateway.web.graphql.failures import error_json, errors_json, fault_json
from gateway.web.graphql.http import context_of
from gateway.web.graphql.operation import Operation, read_operation
from gateway.web.sockets import endings
from gateway.web.sockets.endings import Ending
from gateway.web.sockets.outbox import Queue
from gateway.web.sockets.reading import Message, subscription_id, unknown_type
from gateway.web.sockets.room import Room
from gateway.web.sockets.session import Session
from services.runtime.faults import Fault, InvalidArgument

# What comes next is asked for when this was taken.
MOST_RESULTS = 1


class GraphQLSession(Session):
    """A client of the protocol."""

    subprotocol = "graphql-transport-ws"

    def __init__(self, socket: WebSocket, room: Room, schema: Schema) -> None:
        super().__init__(socket, room)
        self._schema = schema

    def credentials(self, message: Message) -> object:
        return message.get("payload")

    async def welcome(self, expires_at: datetime) -> None:
        moment = expires_at.isoformat().replace("+00:00", "Z")
        await self._answer("connection_ack", payload={"expireTime": moment})

    def last_words(self, ending: Ending) -> str | None:  # noqa: ARG002
        """The protocol has none; the close frame says why."""
        return None

    async def handle(self, message: Message) -> None:
        match message["type"]:
            case "subscribe":
                await self._begin(subscription_id(message), message.get("payload"))
            case "complete":
                self.unsubscribe(subscription_id(message))
            case "ping":
                await self._answer("pong")
            case "pong":
                return
            case "connection_init":
                again = InvalidArgument("SOCKET_MESSAGE_INVALID", "connection_init was said before")
                raise Ending(endings.TOO_MANY_MESSAGES, again)
            case _:
                raise unknown_type(message)

    async def _begin(self, name: str, content: object) -> None:
        try:
            self.subscribe(name, self._work(name, read_operation(content)))
        except Fault as fault:
            await self._answer("error", id=name, payload=[fault_json(fault)])

    async def _work(self, name: str, operation: Operation) -> None:
        queue = Queue(self.outbox, MOST_RESULTS)
        try:
            with self.room.subscription(self):
                has_begun = await self._results(name, operation, queue)
            if has_begun:
                await queue.put(_frame("complete", id=name))
        except Fault as fault:
            await queue.put(_frame("error", id=name, payload=[fault_json(fault)]))
        except GraphQLError as refused:
            await queue.put(_frame("error", id=name, payload=[error_json(refused)]))
        self.unsubscribe(name)

    async def _results(self, name: str, operation: Operation, queue: Queue) -> bool:
        """False if there was nothing but an error before the first result."""
        settings = self.room.settings
        stream = await self._schema.stream(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.name,
            context_value=context_of(
                self.room.services, self.caller, settings.deadline_seconds, settings
            ),
        )
        async with aclosing(stream) as results:
            async for result in results:
                if isinstance(result, PreExecutionError):
                    errors = errors_json(result.errors or [])
                    await queue.put(_frame("error", id=name, payload=errors))
                    return False
                await queue.put(_frame("next", id=name, payload=_payload(result)))
        return True

    async def _answer(self, kind: str, **content: Any) -> None:
        await self.outbox.answers.put(_frame(kind, **content))


def _payload(result: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = errors_json(result.errors)
    return payload


def _frame(kind: str, **content: Any) -> str:
    return orjson.dumps({"type": kind, **content}).decode()
