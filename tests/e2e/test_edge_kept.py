"""JSON that the edge has made before is told as it was, if the service says that it still holds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import grpc
import httpx
import pytest
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsResponse
from shadower.workspaces.v1.workspaces_service_pb2 import GetWorkspaceSummaryResponse

from tests.support.edge import Edge, Keys, edge_model, running_edge
from tests.support.edge_mutation import Configuration
from tests.support.errors import refusal_in
from tests.support.telling import Meeting, Telling, running_tellers
from tests.support.waiting import until
from tools.fuzzing.messages import Maker
from tools.fuzzing.words import Words

SUMMARY, METRICS = "/v1/workspaces/acme/summary", "/v1/workspaces/acme/metrics"
CODINGS = ("identity", "br", "gzip")
PLAIN = {"accept-encoding": "identity"}
# Of each answer another one, and of how it came over the connection.
ITS_OWN = {"date", "x-request-id", "content-length", "transfer-encoding"}
NOW = 1_800_000_000
SEED, MESSAGES = 7, 40


def summary(text: str) -> Message:
    """Long enough to be compressed."""
    response = GetWorkspaceSummaryResponse()
    response.summary.workspace_id = text * 600
    return response


@pytest.fixture(scope="module")
async def telling() -> AsyncIterator[Telling]:
    async with running_tellers() as running:
        yield running


@pytest.fixture(scope="module")
async def keeping(telling: Telling, folder: Path, edge_keys: Keys) -> AsyncIterator[Edge]:
    async with edge_before(telling, folder, edge_keys) as edge:
        yield edge


@asynccontextmanager
async def edge_before(
    telling: Telling, folder: Path, keys: Keys, kept_bytes: int = 2**20, *, forgets: bool = False
) -> AsyncIterator[Edge]:
    model = replace(edge_model(folder, keys, 0), upstreams=telling.upstreams, kept_bytes=kept_bytes)
    mutate = forget_at_once if forgets else None
    async with running_edge(folder, model, keys, mutate=mutate) as edge:
        yield edge


def forget_at_once(configuration: Configuration) -> None:
    """As if calls took longer than they may."""
    code = configuration.filter("conditional")["default_source_code"]
    assert "local PERIOD = 40000" in code["inline_string"]
    code["inline_string"] = code["inline_string"].replace("PERIOD = 40000", "PERIOD = 0")


async def read(edge: Edge, path: str = SUMMARY, **headers: str) -> httpx.Response:
    answer = await edge.rest.get(path, headers={**PLAIN, **headers})
    assert answer.status_code == 200, answer.text
    return answer


def heads(answer: httpx.Response) -> dict[str, str]:
    return {key: value.lower() for key, value in answer.headers.items() if key not in ITS_OWN}


@pytest.mark.parametrize("coding", CODINGS)
async def test_an_answer_that_was_told_twice_is_not_made_again(
    keeping: Edge, telling: Telling, coding: str
) -> None:
    telling.say(summary(coding))
    asked = {"accept-encoding": coding}
    first = await read(keeping, **asked)
    rest = [await read(keeping, **asked) for _ in range(4)]
    assert first.headers.get("content-encoding", "identity") == coding
    assert ParseDict(first.json(), GetWorkspaceSummaryResponse()) == summary(coding)
    for answer in rest:
        assert answer.content == first.content
        assert heads(answer) == heads(first)
    assert (telling.sent, telling.left_out) == (2, 3)
    again = await keeping.rest.get(
        SUMMARY, headers={**asked, "if-none-match": first.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_whatever_an_answer_says_is_told_again_as_it_was(
    keeping: Edge, telling: Telling
) -> None:
    maker = Maker(Random(SEED), Words(("acme",)), NOW)
    for number in range(MESSAGES):
        kind = (GetMetricsResponse, GetWorkspaceSummaryResponse)[number % 2]
        path = f"{(METRICS, SUMMARY)[number % 2]}?timeZone={number}"
        said = maker.message(kind.DESCRIPTOR, oddity=0)
        telling.say(said)
        first, _, third = [await read(keeping, path) for _ in range(3)]
        assert telling.left_out == 1 or said == kind()
        assert third.content == first.content
        assert ParseDict(third.json(), kind()) == said


async def test_another_answer_is_told_at_once(keeping: Edge, telling: Telling) -> None:
    told = {}
    for text in ("old", "old", "old", "new", "new", "new", "old"):
        telling.say(summary(text))
        answer = await read(keeping)
        assert ParseDict(answer.json(), GetWorkspaceSummaryResponse()) == summary(text)
        assert told.setdefault(text, answer.headers["etag"]) == answer.headers["etag"]
    assert told["old"] != told["new"]


async def test_replicas_that_do_not_agree_are_each_told_as_they_say(
    keeping: Edge, telling: Telling
) -> None:
    """However answers overtake each other."""
    dice, texts = Random(SEED), ("here", "there", "elsewhere")
    tags: dict[str, set[str]] = {text: set() for text in texts}

    async def some_time() -> None:
        await asyncio.sleep(dice.random() / 100)

    telling.say(summary(""))
    telling.reply, telling.waits = lambda _: summary(dice.choice(texts)), some_time
    answers = []
    for _ in range(12):
        answers += await asyncio.gather(*(read(keeping) for _ in range(25)))
    telling.waits = Telling().waits
    assert telling.left_out > 30
    for answer in answers:
        text = answer.json()["summary"]["workspaceId"]
        tags[text[: len(text) // 600]].add(answer.headers["etag"])
    assert [len(some) for some in tags.values()] == [1, 1, 1]


async def test_equal_bytes_of_two_rpcs_are_two_answers(keeping: Edge, telling: Telling) -> None:
    telling.say(GetMetricsResponse())
    for _ in range(4):
        assert "timeSeries" in (await read(keeping, METRICS)).json()
        assert "timeSeries" not in (await read(keeping, SUMMARY)).json()


async def test_nobody_but_the_edge_can_name_what_it_has(keeping: Edge, telling: Telling) -> None:
    telling.say(summary("mine"))
    first, *_ = [await read(keeping) for _ in range(3)]
    tag = first.headers["etag"].strip('"')
    hash_ = tag.partition(".")[0]
    for named in (f'"{tag}="', f'"{tag}-="', f'"{tag}-"', f'"{tag}-br="'):
        answer = await keeping.rest.get(SUMMARY, headers={**PLAIN, "if-none-match": named})
        assert answer.content == (b"" if answer.status_code == 304 else first.content)
    telling.known.clear()
    other = f"{SUMMARY}?timeZone=UTC"
    for known in (f"{hash_}-=", f"{hash_}-br=", "*="):
        assert (await read(keeping, other, **{"x-shadower-has": known})).content == first.content
    assert set(telling.known) <= {"none", f"none,{hash_}-="}


@pytest.mark.parametrize("kept_bytes", [0, 5_000])
async def test_what_there_is_no_room_for_is_made_each_time(
    telling: Telling, folder: Path, edge_keys: Keys, kept_bytes: int
) -> None:
    async with edge_before(telling, folder, edge_keys, kept_bytes) as edge:
        telling.say(summary("large"))
        contents = {(await read(edge)).content for _ in range(4)}
        assert (len(contents), telling.sent) == (1, 4)
        small = GetMetricsResponse(next_page_token="x")
        telling.say(small)
        for number in range(60):
            answers = [await read(edge, f"{METRICS}?pageToken={number}") for _ in range(3)]
            assert [ParseDict(one.json(), GetMetricsResponse()) for one in answers] == [small] * 3
        assert 0 < telling.left_out < 60 if kept_bytes else telling.left_out == 0


async def test_what_is_lost_meanwhile_is_no_answer(
    telling: Telling, folder: Path, edge_keys: Keys
) -> None:
    """It never is while calls may take no longer than answers are kept."""
    said = GetMetricsResponse(next_page_token="x")
    others = [f"{METRICS}?pageToken={number}" for number in range(2)]
    async with edge_before(telling, folder, edge_keys, forgets=True) as edge:
        telling.say(said)
        for _ in range(2):
            assert ParseDict((await read(edge, METRICS)).json(), GetMetricsResponse()) == said
        telling.waits = Meeting(1 + len(others))
        promised = asyncio.create_task(edge.rest.get(METRICS, headers=PLAIN))
        telling.known.clear()
        await until(lambda: have_come(telling))
        for answer in await asyncio.gather(*(read(edge, one) for one in others)):
            assert ParseDict(answer.json(), GetMetricsResponse()) == said
        telling.waits = Telling().waits
        lost = await promised
    assert (lost.status_code, lost.headers["retry-after"]) == (503, "1")
    said_of_it = refusal_in(ParseDict(lost.json(), Status()))
    assert (said_of_it.code, said_of_it.retry_seconds) == (grpc.StatusCode.UNAVAILABLE, 1)
    assert "etag" not in lost.headers


async def have_come(telling: Telling) -> bool:
    return bool(telling.known)
