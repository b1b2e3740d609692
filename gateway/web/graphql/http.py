"""GraphQL over HTTP: one query, posted as JSON, which no page of another site can do unasked."""

import asyncio
import re
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import orjson
from google.rpc.status_pb2 import Status
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from gateway.web.caller import Caller, bearer_of
from gateway.web.feed import feed
from gateway.web.following import Following
from gateway.web.graphql.context import Context
from gateway.web.graphql.failures import errors_json, fault_json, status_of_error
from gateway.web.graphql.operation import Operation, decoded_operation, invalid
from gateway.web.services import Services
from gateway.web.settings import WebSettings
from gateway.web.statuses import http_status, retry_seconds, status_of
from services.runtime.draining import Draining
from services.runtime.faults import (
    RETRY_DELAY,
    Fault,
    InvalidArgument,
    ResourceExhausted,
    Unauthenticated,
)
from services.runtime.identity import TokenVerifier
from services.runtime.interceptors.telemetry import request_id
from services.runtime.telemetry.shapes import SERVER, Shape
from services.runtime.telemetry.traceparent import TRACEPARENT
from services.runtime.telemetry.tracer import serving

JSON = "application/json"
# Nobody hears it, but lines of logs say it.
GONE = 499
QUERY = Shape("POST /graphql", SERVER, http__request__method="POST", http__route="/graphql")
# Written by gRPC's rules, and understood at the edge's JSON, too.
TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
SECONDS = {"H": 3600, "M": 60, "S": 1, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class GraphQLOverHTTP:
    """Answers POST of one query."""

    def __init__(
        self,
        schema: Schema,
        settings: WebSettings,
        verifier: TokenVerifier,
        services: Services,
        draining: Draining,
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._verifier = verifier
        self._services = services
        self._draining = draining
        self._at_work = 0

    async def answer(self, request: Request) -> Response:
        with serving(QUERY, request.headers.get(TRACEPARENT, "")) as span:
            response = await self._answer(request)
            span.set("http.response.status_code", response.status_code)
            return response

    async def _answer(self, request: Request) -> Response:
        try:
            caller = self._caller(request)
            operation = decoded_operation(await self._body(request))
            return await _while_connected(request, self._done(operation, caller, request))
        except (Fault, TimeoutError) as error:
            return _response({"errors": [fault_json(error)]}, status_of(error))
        except ClientDisconnect:
            return Response(status_code=GONE)

    def _caller(self, request: Request) -> Caller:
        if self._draining.is_set():
            raise self._draining.fault()
        content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != JSON:
            raise invalid(f"the content-type must be {JSON}")
        token = bearer_of(request.headers)
        if token is None:
            raise Unauthenticated("TOKEN_MISSING", "the request has no bearer token")
        self._verifier.verify(token)
        return Caller.of(request.headers, token)

    async def _body(self, request: Request) -> bytes:
        limit, body = self._settings.graphql_request_bytes, bytearray()
        async with asyncio.timeout(self._settings.deadline_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise _too_many_bytes(len(body), limit)
        return bytes(body)

    async def _done(self, operation: Operation, caller: Caller, request: Request) -> Response:
        limit = self._settings.max_concurrent_calls
        if self._at_work >= limit:
            raise _busy(limit)
        self._at_work += 1
        try:
            seconds = min(self._settings.deadline_seconds, _asked_seconds(request))
            async with asyncio.timeout(seconds):
                context = context_of(self._services, caller, seconds, self._settings)
                return await self._executed(operation, context, request_id(request.headers))
        finally:
            self._at_work -= 1

    async def _executed(self, operation: Operation, context: Context, trace: str) -> Response:
        try:
            result = await self._schema.execute(
                operation.query,
                variable_values=operation.variables,
                operation_name=operation.name,
                context_value=context,
                allowed_operation_types=(OperationType.QUERY,),
            )
        except InvalidOperationTypeError as not_here:
            raise invalid("only queries are answered here; subscribe on a WebSocket") from not_here
        except CannotGetOperationTypeError as unclear:
            raise invalid(unclear.as_http_error_reason()) from unclear
        content: dict[str, Any] = {"data": result.data}
        if not result.errors:
            return _response(content, Status())
        content["errors"] = errors_json(result.errors, trace)
        # What was answered in part was answered.
        failed = status_of_error(result.errors[0], trace) if result.data is None else Status()
        return _response(content, failed)


def context_of(
    services: Services, caller: Caller, seconds: float, settings: WebSettings
) -> Context:
    def stream(request: Any) -> Any:
        return feed(Following(services, request, caller))

    return Context(services, caller, seconds, settings.graphql_items, stream)


def _asked_seconds(request: Request) -> float:
    """How long the caller waits; without a word, as long as may be."""
    found = TIMEOUT.fullmatch(request.headers.get("grpc-timeout", ""))
    return int(found[1]) * SECONDS[found[2]] if found else float("inf")


async def _while_connected(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """Nothing is done any more for somebody who is gone."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(request.receive())
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else Response(status_code=GONE)
    finally:
        working.cancel()
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(working, leaving, return_exceptions=True)


def _response(content: dict[str, Any], status: Status) -> Response:
    body = orjson.dumps(content)
    headers = {"retry-after": seconds} if (seconds := retry_seconds(status)) else {}
    return Response(body, http_status(status), headers, JSON)


def _too_many_bytes(found: int, limit: int) -> InvalidArgument:
    return InvalidArgument(
        "MESSAGE_TOO_LARGE",
        f"the request has {found} bytes or more, of at most {limit}",
        metadata={"bytes": str(found), "limit": str(limit)},
    )


def _busy(limit: int) -> ResourceExhausted:
    return ResourceExhausted(
        "SERVER_BUSY",
        f"the server answers as many requests as it takes: {limit}",
        metadata={"limit": str(limit)},
        retry_after=RETRY_DELAY,
    )
