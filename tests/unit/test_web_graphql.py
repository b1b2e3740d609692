"""GraphQL's edges that need no service: numbers that are none, and clients that go away."""

import asyncio
from typing import Any

import orjson
import pytest
from starlette.requests import Request

from gateway.web.graphql.http import GraphQLOverHTTP
from gateway.web.graphql.schema import limited_schema
from gateway.web.settings import WebSettings
from services.runtime.draining import Draining
from tests.support.keys import KeyRing
from tests.support.verifying import known_revocations, verifier_with

NO_SERVICES: Any = None
GOOD = b'{"query": "{__typename}"}'
GONE = {"type": "http.disconnect"}


class Posting:
    """Posts bodies as a server would hand them on."""

    def __init__(self, ring: KeyRing, graphql: GraphQLOverHTTP) -> None:
        self._token = ring.token("w")
        self._graphql = graphql

    async def answer(self, *events: dict[str, Any]) -> tuple[int, bytes]:
        coming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        for event in events:
            coming.put_nowait(event)

        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token}"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        request = Request({"type": "http", "method": "POST", "headers": raw}, coming.get)
        response = await self._graphql.answer(request)
        return response.status_code, bytes(response.body)


@pytest.fixture
async def posting() -> Posting:
    ring = KeyRing()
    settings: Any = WebSettings(jwks_url="https://unused")
    verifier = await verifier_with(ring, known_revocations())
    schema = limited_schema(settings)
    return Posting(ring, GraphQLOverHTTP(schema, settings, verifier, NO_SERVICES, Draining()))


def chunk(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_who_goes_away_while_asking_is_no_fault(posting: Posting) -> None:
    assert await posting.answer(chunk(GOOD[:10], more=True), GONE) == (499, b"")


@pytest.mark.parametrize(
    "query",
    [
        '{priceTable(workspaceId: "w", pageSize: $digits) {version}}',
        '{agents(workspaceId: "w", pageSize: $digits) {nextPageToken}}',
        '{agents(workspaceId: "w", pageSize: -$digits) {nextPageToken}}',
        'query ($n: Int = $digits) {agents(workspaceId: "w", pageSize: $n) {nextPageToken}}',
        "{agents(workspaceId: $digits) {nextPageToken}}",
        '{aggregates(workspaceId: "w", aggregations: [{percentile: $digits}]) {asOf}}',
        '{aggregates(workspaceId: "w", aggregations: [{percentile: $digits.5}]) {asOf}}',
    ],
)
@pytest.mark.parametrize("digits", [11, 5_000])
async def test_numbers_of_too_many_digits_are_the_askers_fault(
    posting: Posting, query: str, digits: int
) -> None:
    body = orjson.dumps({"query": query.replace("$digits", "9" * digits)})
    status, answer = await posting.answer(chunk(body))
    assert (status, reasons(answer)) == (400, {"OPERATION_INVALID"})


async def test_so_are_variables_of_too_many_digits(posting: Posting) -> None:
    query = 'query ($n: Int) {agents(workspaceId: "w", pageSize: $n) {nextPageToken}}'
    body = orjson.dumps({"query": query, "variables": {"n": 0}})
    status, answer = await posting.answer(chunk(body.replace(b"0}", b"9" * 5_000 + b"}")))
    assert (status, reasons(answer)) == (400, {"OPERATION_INVALID"})


def reasons(answer: bytes) -> set[str]:
    return {error["extensions"]["reason"] for error in orjson.loads(answer)["errors"]}
