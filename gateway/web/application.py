"""What is served on which path."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from gateway.web.caller import bearer_of
from gateway.web.files import read_files
from gateway.web.graphql.http import GraphQLOverHTTP
from gateway.web.graphql.schema import limited_schema
from gateway.web.page import page_routes
from gateway.web.reference.routes import reference_routes
from gateway.web.services import Services
from gateway.web.settings import WebSettings
from gateway.web.sockets.graphql import GraphQLSession
from gateway.web.sockets.live import LiveSession
from gateway.web.sockets.room import Room
from gateway.web.sockets.session import Session
from gateway.web.statuses import http_status, retry_seconds, status_json, status_of
from services.runtime.draining import Draining
from services.runtime.faults import Fault, InvalidArgument
from services.runtime.identity import TokenVerifier
from services.runtime.status import to_status


def application(
    settings: WebSettings, verifier: TokenVerifier, services: Services, room: Room
) -> Starlette:
    schema = limited_schema(settings)
    graphql = GraphQLOverHTTP(schema, settings, verifier, services, room.draining)

    async def live(socket: WebSocket) -> None:
        await _welcome(socket, room, lambda: LiveSession(socket, room))

    async def graphql_socket(socket: WebSocket) -> None:
        await _welcome(socket, room, lambda: GraphQLSession(socket, room, schema))

    return Starlette(
        routes=[
            Route("/health", _health(room.draining), methods=["GET"]),
            Route("/graphql", graphql.answer, methods=["POST"]),
            WebSocketRoute("/graphql", graphql_socket),
            WebSocketRoute("/v1/live", live),
            *reference_routes(),
            *page_routes(settings, read_files()),
        ],
        exception_handlers={404: _refuse, 405: _refuse},
    )


async def _refuse(_: Request, error: Exception) -> JSONResponse:
    """Of a path or a method that nothing is served by, as the edge says it."""
    status = to_status(InvalidArgument("EDGE_REFUSED", "there is nothing here for that request"))
    code = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    return JSONResponse(status_json(status), code, headers)


async def _welcome(socket: WebSocket, room: Room, session: Callable[[], Session]) -> None:
    """Whom there is no room for, and whose token is bad, need not be shown in first."""
    try:
        room.check_room()
        token = bearer_of(socket.headers)
        owner = room.verifier.verify(token).subject if token is not None else None
        room.check_share(owner)
    except Fault as fault:
        status = status_of(fault)
        headers = {"retry-after": seconds} if (seconds := retry_seconds(status)) else {}
        refusal = JSONResponse(status_json(status), http_status(status), headers)
        await socket.send_denial_response(refusal)
        return
    await session().run(owner)


def _health(draining: Draining) -> Callable[[Request], JSONResponse]:
    """The process's own: each service has a health, and without one of them the others go on."""

    def health(_: Request) -> JSONResponse:
        if draining.is_told:
            return JSONResponse({"status": "NOT_SERVING"}, 503)
        return JSONResponse({"status": "SERVING"})

    return health
