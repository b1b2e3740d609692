"""Counts requests and WebSockets of the process, around everything else that it does."""

import time
from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.telemetry.instruments import Instruments
from services.runtime.telemetry.tallies import Labels

METHODS = frozenset({"GET", "POST"})
SOCKETS = frozenset({"/graphql", "/v1/live"})
ROUTES = SOCKETS | {"/", "/console.json", "/health", "/openapi.json", "/reference"}
OTHER = "_OTHER"


class Measured:
    """An application that is measured. Whatever callers make up has one label together."""

    def __init__(self, application: ASGIApp, measured: Instruments) -> None:
        self._application = application
        self._durations = measured.histogram(
            "http.server.request.duration",
            "s",
            "How long requests over HTTP took that were answered",
            ("http.request.method", "http.route", "http.response.status_code"),
        )
        self._sockets = dict.fromkeys(sorted(SOCKETS), 0)
        measured.gauge(
            "shadower.web.sockets",
            "{socket}",
            "WebSockets that are open",
            ("http.route",),
            self._open,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._answer(scope, receive, send)
        elif scope["type"] == "websocket" and scope["path"] in self._sockets:
            await self._hold(scope, receive, send)
        else:
            await self._application(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), OTHER

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._application(scope, receive, send_and_see)
        finally:
            labels = (_one_of(METHODS, scope["method"]), _one_of(ROUTES, scope["path"]), status)
            self._durations.note(labels, time.perf_counter() - began)

    async def _hold(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._sockets[scope["path"]] += 1
        try:
            await self._application(scope, receive, send)
        finally:
            self._sockets[scope["path"]] -= 1

    def _open(self) -> Iterable[tuple[Labels, float]]:
        return [((route,), number) for route, number in self._sockets.items()]


def _one_of(known: frozenset[str], given: str) -> str:
    return given if given in known else OTHER
