"""Asks by any protocol, through the edge, and keeps every byte of the answer."""

import json
from collections.abc import Mapping
from typing import Any

import grpc
import httpx
from google.protobuf.json_format import MessageToDict
from graphql import GraphQLSchema

from tests.support.edge import Edge
from tests.support.graphql import operation
from tests.tenancy.asked import Asked, Heard, understand_graphql
from tests.tenancy.frames import Frames, framed
from tests.tenancy.sockets import Sockets
from tests.tenancy.ways import PATH_FIELD, Protocol, camel
from tools.fuzzing.rpcs import Rpc

ENOUGH = 100


class Asker:
    """Of one edge. Both tenants ask over its connections."""

    def __init__(
        self,
        edge: Edge,
        http: httpx.AsyncClient,
        own_ports: Mapping[str, grpc.aio.Channel],
        schema: GraphQLSchema,
    ) -> None:
        self._edge, self._http = edge, http
        self._own_ports = own_ports
        self._schema = schema
        self._sockets = Sockets(edge.model.port)

    async def ask(self, asked: Asked) -> Heard:
        heard = Heard()
        match asked.way.protocol:
            case Protocol.GRPC:
                await self._by_grpc(asked, heard, self._edge.channel)
            case Protocol.OWN_PORT:
                await self._by_grpc(asked, heard, self._own_ports[asked.way.rpc.service])
            case Protocol.GRPC_WEB:
                await self._by_grpc_web(asked, heard)
            case Protocol.REST | Protocol.EVENTS:
                await self._by_path(asked, heard)
            case Protocol.GRAPHQL:
                await self._by_graphql(asked, heard)
            case Protocol.WEBSOCKET:
                await self._sockets.live(asked, heard)
            case Protocol.GRAPHQL_SOCKET:
                query, values = self._operation(asked)
                await self._sockets.graphql(asked, query, values, heard)
        return heard

    async def _by_grpc(self, asked: Asked, heard: Heard, channel: grpc.aio.Channel) -> None:
        rpc, encoded = asked.way.rpc, asked.message.SerializeToString()
        metadata = tuple(asked.headers.items())
        shape = "stream" if rpc.streams_requests else "unary"
        kind = getattr(channel, f"{shape}_{'stream' if rpc.streams_replies else 'unary'}")
        call = kind(rpc.path)(
            iter([encoded]) if rpc.streams_requests else encoded, metadata=metadata
        )
        try:
            if not rpc.streams_replies:
                heard.take(rpc, await call)
            else:
                await _read(call, rpc, heard, 1 if asked.is_endless else ENOUGH)
        except grpc.aio.AioRpcError as error:
            heard.fail(error.code().name, error.details(), list(error.trailing_metadata() or ()))
        finally:
            call.cancel()

    async def _by_grpc_web(self, asked: Asked, heard: Heard) -> None:
        rpc, frames = asked.way.rpc, Frames()
        headers = {**asked.headers, "content-type": "application/grpc-web+proto"}
        sent = framed(asked.message.SerializeToString())
        async with self._http.stream("POST", rpc.path, content=sent, headers=headers) as reply:
            async for chunk in reply.aiter_bytes():
                heard.data += chunk
                frames.take(chunk)
                if asked.is_endless and frames.messages:
                    break
            for message in frames.messages:
                heard.take(rpc, message)
            trailers = frames.trailers or dict(reply.headers)
        if not (asked.is_endless and frames.messages) and trailers.get("grpc-status") != "0":
            heard.fail(int(trailers["grpc-status"]), trailers)

    async def _by_path(self, asked: Asked, heard: Heard) -> None:
        request = self._http.build_request(**_as_json(asked), headers=_headers(asked))
        reply = await self._http.send(request, stream=True)
        try:
            async for chunk in reply.aiter_bytes():
                heard.data += chunk
                if asked.is_endless and b"\n\n" in heard.data:
                    break
        finally:
            await reply.aclose()
        text = bytes(heard.data)
        heard.data += repr(reply.headers.multi_items()).encode()
        _understand(heard, reply, text)

    async def _by_graphql(self, asked: Asked, heard: Heard) -> None:
        query, values = self._operation(asked)
        content = {"query": query, "variables": values}
        reply = await self._http.post("/graphql", json=content, headers=asked.headers)
        heard.data += reply.content + repr(reply.headers.multi_items()).encode()
        understand_graphql(heard, reply.json())

    def _operation(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        values = MessageToDict(asked.message)
        root = "Subscription" if asked.is_endless else "Query"
        return operation(self._schema, root, asked.way.field, values), values


async def _read(call: Any, rpc: Rpc, heard: Heard, most: int) -> None:
    for _ in range(most):
        encoded = await call.read()
        if encoded is grpc.aio.EOF:
            return
        heard.take(rpc, encoded)


def _as_json(asked: Asked) -> dict[str, Any]:
    """Method, address and body by the RPC's binding."""
    way, message = asked.way, asked.message
    fields = {"workspace_id": asked.workspace, **asked.fields}
    in_path = set(PATH_FIELD.findall(way.template))
    path = PATH_FIELD.sub(lambda found: str(fields[found[1]]), way.template)
    request: dict[str, Any] = {"method": way.verb, "url": path}
    if way.body == "body":
        return request | {"content": message.body.data}
    told = MessageToDict(message)
    others = {name: one for name, one in told.items() if name not in set(map(camel, in_path))}
    if "workspace_id" not in in_path:
        # As a parameter it is refused; a header names it.
        others.pop("workspaceId", None)
    if way.verb == "GET":
        return request | {"params": _parameters(others)}
    return request | {"json": [others] if way.rpc.streams_requests else others}


def _headers(asked: Asked) -> dict[str, str]:
    body = asked.fields.get("body", {}) if asked.way.body == "body" else {}
    return asked.headers | ({"content-type": body["content_type"]} if body else {})


def _parameters(told: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in told.items():
        if isinstance(value, dict):
            found += _parameters(value, f"{before}{name}.")
        else:
            many = value if isinstance(value, list) else [value]
            found += [(f"{before}{name}", str(one)) for one in many]
    return found


def _understand(heard: Heard, reply: httpx.Response, text: bytes) -> None:
    kind = reply.headers.get("content-type", "")
    if reply.status_code != 200:
        heard.fail(json.loads(text)["code"], reply.status_code)
    elif kind == "text/event-stream":
        events = [one for one in text.decode().split("\n\n") if one.startswith("data: ")]
        heard.content += [json.loads(one.removeprefix("data: ")) for one in events]
    elif kind == "application/json":
        heard.content.append(json.loads(text))
    else:
        heard.content.append(text.hex())
