"""WebSockets through the edge: of the live protocol, and of GraphQL."""

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from websockets import Subprotocol
from websockets.asyncio.client import connect

from tests.support.web import GRAPHQL, LIVE, Socket
from tests.tenancy.asked import Asked, Heard, understand_graphql


class Sockets:
    """One for each question: it may be left in the middle."""

    def __init__(self, port: int) -> None:
        self._address = f"ws://127.0.0.1:{port}"

    def _connected(self, path: str, protocol: str, token: str) -> Any:
        return connect(
            f"{self._address}{path}",
            subprotocols=[Subprotocol(protocol)],
            additional_headers={"authorization": f"Bearer {token}"},
            proxy=None,
            close_timeout=0.2,
        )

    async def live(self, asked: Asked, heard: Heard) -> None:
        async with self._connected("/v1/live", LIVE, asked.token) as connection:
            socket = Socket(connection)
            await socket.say("connection_init")
            await socket.hear()
            await socket.say("subscribe", id="a", request=MessageToDict(asked.message))
            told = await socket.hear()
            heard.data += json.dumps(socket.heard).encode()
            if told["type"] == "error":
                heard.fail(told["status"]["code"])
            heard.content.append(told.get("response"))

    async def graphql(
        self, asked: Asked, query: str, values: Mapping[str, Any], heard: Heard
    ) -> None:
        async with self._connected("/graphql", GRAPHQL, asked.token) as connection:
            socket = Socket(connection)
            await socket.say("connection_init", payload={})
            await socket.hear()
            payload = {"query": query, "variables": values}
            await socket.say("subscribe", id="a", payload=payload)
            told = await socket.hear()
            heard.data += json.dumps(socket.heard).encode()
            errors = told["payload"] if told["type"] == "error" else None
            understand_graphql(heard, {"errors": errors} if errors else told["payload"])
