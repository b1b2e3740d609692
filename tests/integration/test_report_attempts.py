"""What becomes of a report whose services answer late, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.aggregates.v1.aggregates_service_pb2 import CalculateAggregatesResponse
from shadower.metrics.v1.metrics_service_pb2 import GetMetricsResponse

from services.reports.definitions import write
from services.reports.document import Document
from services.reports.linking import Linking
from services.reports.making import MOST_ATTEMPTS, Done, Maker
from services.reports.numbers.mesh import Mesh
from services.reports.planning import Planner
from services.reports.working import PORTION, Worker
from services.runtime.failpoints import Failpoints
from services.runtime.pool import REPORTER_ROLE, open_pool
from services.warehouse.database import Database
from services.warehouse.reports.definitions import (
    DueDefinitions,
    NewDefinition,
    create_definition,
)
from services.warehouse.reports.everywhere import ReportsEverywhere
from services.warehouse.reports.reports import File, KeptReport, NewReport, create_report
from services.warehouse.reports.reports import get_report as get
from tests.support.bus import settings_of
from tests.support.oracle import by_sql
from tests.support.postgres import Server
from tests.support.reports import COMPARISON, COST, DAILY, definition

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
END = datetime(2026, 3, 2, tzinfo=UTC)
AWAY = grpc.StatusCode.UNAVAILABLE
REFUSED = grpc.StatusCode.INVALID_ARGUMENT


def failed(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), "because")


@dataclass
class Told:
    """Services that answer with nothing, as complete as is said, or not."""

    complete_until: datetime | None = END
    aggregates_code: grpc.StatusCode | None = None
    metrics_code: grpc.StatusCode | None = None

    @property
    def metrics(self) -> Any:
        return self

    @property
    def aggregates(self) -> Any:
        return self

    def about(self, asked: Any) -> Any:
        return Mesh(self, _Tokens()).about(asked)  # type: ignore[arg-type]

    async def GetMetrics(self, request: Any, **_: Any) -> Any:
        return self._answer(GetMetricsResponse(), self.metrics_code)

    async def CalculateAggregates(self, request: Any, **_: Any) -> Any:
        return self._answer(CalculateAggregatesResponse(), self.aggregates_code)

    def _answer(self, answer: Any, code: grpc.StatusCode | None) -> Any:
        if code is not None:
            raise failed(code)
        answer.as_of.FromDatetime(END + MINUTE)
        if self.complete_until is not None:
            answer.complete_until.CopyFrom(_stamp(self.complete_until))
        return answer


class _Tokens:
    def service_token(self, *_: Any) -> Callable[[], dict[str, str]]:
        return dict


def _stamp(time: datetime) -> Timestamp:
    told = Timestamp()
    told.FromDatetime(time)
    return told


@dataclass
class Written:
    """Keeps documents as they are."""

    documents: list[Document] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    meanwhile: Callable[[], None] = lambda: None

    async def render(self, document: Document, formats: Sequence[str]) -> list[bytes]:
        self.documents.append(document)
        return [b"{}" for _ in formats]

    async def keep(self, files: Sequence[File], contents: Sequence[bytes]) -> None:
        self.kept |= {one.key for one in files}
        self.meanwhile()

    async def forget(self, keys: Sequence[str]) -> None:
        self.kept -= set(keys)


@dataclass
class Bench:
    """Where one report is made, attempt by attempt."""

    maker: Maker
    database: Database
    url: str
    told: Told
    written: Written

    async def ask(self, *sections: int, workspace: str = "w", name: str = "r", **more: Any) -> None:
        said = definition(sections=list(sections), **more)
        new = NewReport(name, "", write(said), END - DAY, END, None, 0, "a", False, DAY)
        async with self.database.writing(workspace) as session:
            await create_report(session, new)

    async def attempt(self, **changed: Any) -> tuple[Done, KeptReport]:
        """As if it were time again."""
        by_sql(
            self.url,
            "update shadower.reports set next_at = now() where next_at > now() returning 1",
        )
        done = await replace(self.maker, **changed).make(None, 1, MINUTE)
        async with self.database.reading("w") as session:
            return done, await get(session, "r")

    def events(self) -> list[str]:
        return [row[0] for row in by_sql(self.url, "select type from shadower.outbox order by id")]

    def links(self) -> int:
        return int(by_sql(self.url, "select count(*) from shadower.report_links")[0][0])


@pytest.fixture(scope="module")
def url(postgres: Server, template: str) -> Iterator[str]:
    """Of a database in which nobody else makes reports."""
    created = postgres.create(template)
    yield created
    postgres.drop(created)


@pytest.fixture
async def bench(url: str) -> AsyncIterator[Bench]:
    for table in ("reports", "report_definitions", "outbox"):
        by_sql(url, f"delete from {table} returning 1")
    told, written = Told(), Written()
    async with AsyncExitStack() as stack:
        settings = settings_of(url)
        database = Database(await stack.enter_async_context(open_pool(settings)))
        pool = await stack.enter_async_context(open_pool(settings, REPORTER_ROLE))
        maker = Maker(
            database,
            ReportsEverywhere(pool),
            told,  # type: ignore[arg-type]
            written,  # type: ignore[arg-type]
            Linking("https://edge.example"),
            Failpoints(),
        )
        yield Bench(maker, database, url, told, written)


@pytest.mark.parametrize("known", [None, END - MINUTE])
async def test_it_waits_for_its_facts_and_then_says_that_they_are_missing(
    bench: Bench, known: datetime | None
) -> None:
    bench.told.complete_until = known
    await bench.ask(COMPARISON)
    for _ in range(MOST_ATTEMPTS + 2):
        done, report = await bench.attempt()
        assert (done.waiting, report.state, report.attempts) == (1, "pending", 0)
    done, report = await bench.attempt(patience=timedelta())
    assert (done.done, report.state, report.complete_until) == (1, "done", known)
    [document] = bench.written.documents
    assert [one.kind for one in document.sections] == ["comparison", "completeness"]
    assert bench.events() == ["report.generated"]


async def test_it_is_made_as_soon_as_its_facts_are_there(bench: Bench) -> None:
    bench.told.complete_until = END - MINUTE
    await bench.ask(COMPARISON)
    assert (await bench.attempt())[0].waiting == 1
    bench.told.complete_until = END
    done, report = await bench.attempt()
    assert (done.done, report.attempts, report.as_of) == (1, 1, END + MINUTE)
    [document] = bench.written.documents
    assert [one.kind for one in document.sections] == ["comparison"]


async def test_what_is_refused_for_good_is_left_out_with_the_reason(bench: Bench) -> None:
    bench.told.aggregates_code = REFUSED
    await bench.ask(COMPARISON, COST)
    done, report = await bench.attempt()
    assert (done.done, report.state, report.attempts) == (1, "done", 1)
    [absent] = report.absent_sections
    assert (absent.section, absent.reason) == ("cost", "because")
    assert "because" in bench.written.documents[0].sections[-1].text


async def test_what_is_away_is_asked_again_and_left_out_in_the_end(bench: Bench) -> None:
    bench.told.aggregates_code = AWAY
    await bench.ask(COMPARISON, COST)
    for attempt in range(1, MOST_ATTEMPTS):
        done, report = await bench.attempt()
        assert (done.failed, report.state, report.attempts) == (1, "pending", attempt)
        assert (report.failure_reason, report.failure_message) == ("UNAVAILABLE", "because")
    done, report = await bench.attempt()
    assert (done.done, report.state) == (1, "done")
    assert [one.section for one in report.absent_sections] == ["cost"]
    assert bench.events() == ["report.generated"]


async def test_without_any_answer_it_fails_and_that_is_told_once(bench: Bench) -> None:
    bench.told.metrics_code = AWAY
    await bench.ask(COMPARISON)
    for _ in range(MOST_ATTEMPTS):
        done, report = await bench.attempt()
        assert done.failed == 1
    assert (report.state, report.failure_reason) == ("failed", "UNAVAILABLE")
    assert (await bench.attempt())[0] == Done()
    assert (bench.events(), bench.written.documents) == (["report.failed"], [])


async def test_what_nobody_lived_to_end_is_given_up(bench: Bench) -> None:
    await bench.ask(COMPARISON)
    begun = f"update shadower.reports set attempts = {MOST_ATTEMPTS}, state = 'running' returning 1"
    by_sql(bench.url, begun)
    _, report = await bench.attempt()
    assert (report.state, report.failure_reason) == ("failed", "ABANDONED")
    assert bench.events() == ["report.failed"]


async def test_what_is_cancelled_or_taken_over_in_the_making_leaves_nothing(bench: Bench) -> None:
    await bench.ask(COMPARISON)
    for change in ("claim = claim + 1", "state = 'cancelled', next_at = null, ended_at = now()"):
        query = f"update shadower.reports set {change} returning 1"
        bench.written.meanwhile = lambda query=query: by_sql(bench.url, query) and None  # type: ignore[misc]
        done, report = await bench.attempt()
        assert (done.done, list(report.files), bench.written.kept) == (0, [], set())
        by_sql(bench.url, "update shadower.reports set claimed_until = now() returning 1")
    assert (report.state, bench.events()) == ("cancelled", [])


async def test_a_defect_keeps_no_other_report_from_being_made(bench: Bench) -> None:
    def break_down() -> None:
        bench.written.meanwhile = lambda: None
        raise ZeroDivisionError

    bench.written.meanwhile = break_down
    await bench.ask(COMPARISON)
    done, report = await bench.attempt()
    assert (done.failed, report.state, bench.written.kept) == (1, "running", set())
    by_sql(bench.url, "update shadower.reports set claimed_until = now() returning 1")
    assert (await bench.attempt())[1].state == "done"


async def test_whoever_is_stopped_in_the_making_leaves_no_file(bench: Bench) -> None:
    bench.written.meanwhile = lambda: asyncio.current_task().cancel() and None  # type: ignore[union-attr]
    await bench.ask(COMPARISON)
    making = asyncio.create_task(bench.attempt())
    with pytest.raises(asyncio.CancelledError):
        await making
    assert (len(bench.written.documents), bench.written.kept) == (1, set())


class Unanswered:
    """The transaction is committed, and that is not heard."""

    def reach(self, point: str) -> None:
        if point == "report.told":
            raise ConnectionError


async def test_whose_commit_is_not_answered_keeps_what_the_report_names(bench: Bench) -> None:
    await bench.ask(COMPARISON)
    done, report = await bench.attempt(failpoints=Unanswered())
    assert (done.failed, report.state) == (1, "done")
    assert {file.key for file in report.files} == bench.written.kept != set()


async def test_no_workspace_keeps_the_others_waiting(bench: Bench) -> None:
    """Two of them have more than enough, and all of that is older."""
    for workspace, often in (("a", 8), ("b", 8), ("c", 2)):
        for number in range(often):
            await bench.ask(COMPARISON, workspace=workspace, name=f"r-{number}")
    claims = [await bench.maker.everywhere.claim(None, 2, MINUTE) for _ in range(3)]
    first = [one.workspace_id for some in claims for one in some]
    assert sorted(first) == ["a", "a", "b", "b", "c", "c"]
    left = [await bench.maker.everywhere.claim(None, 2, MINUTE) for _ in range(6)]
    assert sorted(one.workspace_id for some in left for one in some) == ["a"] * 6 + ["b"] * 6
    assert await bench.maker.everywhere.claim(None, 2, MINUTE) == []


async def test_a_link_lets_in_only_if_somebody_is_told(bench: Bench) -> None:
    await bench.ask(COMPARISON)
    await bench.attempt()
    assert bench.links() == 0
    await bench.ask(COMPARISON, name="told", recipients=["team"])
    await bench.attempt()
    assert bench.links() == 1
    urls = by_sql(bench.url, "select data ->> 'url' from shadower.outbox order by id")
    assert [url and url.partition("?")[0].rpartition("/")[0] for (url,) in urls] == [
        None,
        "https://edge.example/v1/workspaces/w/reportLinks",
    ]


async def test_what_is_wrong_with_a_definition_keeps_no_other_from_being_planned(
    bench: Bench,
) -> None:
    due = END - DAY
    for name, said in (("broken", {"sections": "no list"}), ("sound", None)):
        kept = said or write(definition(schedule=DAILY))
        async with bench.database.writing("w") as session:
            await create_definition(session, NewDefinition(name, kept, "a", due))
        due += MINUTE
    planner = Planner(bench.database, DueDefinitions(bench.maker.everywhere._pool))
    assert (await planner.plan(None, 10)).reports == 1
    found = by_sql(bench.url, "select definition_id from shadower.reports")
    assert [row[0] for row in found] == ["sound"]


async def test_a_worker_goes_on_at_once_while_there_may_be_more() -> None:
    begun = [Done(begun=PORTION, done=PORTION - 1, waiting=1), Done(begun=1, done=1)]
    made = asyncio.Event()

    class Busy:
        async def make(self, *_: Any) -> Done:
            if len(begun) == 1:
                made.set()
            return begun.pop(0)

    worker = Worker(Busy())  # type: ignore[arg-type]
    worker.wake()
    working = asyncio.create_task(worker.follow())
    async with asyncio.timeout(5):
        await made.wait()
    assert begun == []
    working.cancel()
