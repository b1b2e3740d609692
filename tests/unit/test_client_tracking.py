"""What is tracked: functions of each kind, nested, failing, and stopped."""

import asyncio
import contextvars
import inspect
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal, InvalidOperation
from typing import Any, cast

import pytest
from shadower_client import (
    BufferFull,
    ErrorType,
    Execution,
    ExecutionStatus,
    MetricPoint,
    Producer,
    Tracker,
    current_run,
)


class Recorded(list[Any]):
    """A producer's end, as the tracker sees it."""

    trouble: Exception | None = None

    def record_nowait(self, *facts: Any) -> None:
        if self.trouble:
            raise self.trouble
        self.extend(facts)

    def runs(self) -> list[Execution]:
        return [one for one in self if isinstance(one, Execution)]


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


@pytest.fixture
def tracker(recorded: Recorded) -> Tracker:
    return Tracker(cast(Producer, recorded))


def told(run: Execution) -> tuple[ExecutionStatus, ErrorType]:
    return run.status, run.error_type


def test_a_function_is_a_run(tracker: Tracker, recorded: Recorded) -> None:
    @tracker.track_agent("support", model="m", agent_version="2")
    def answer(question: str, *, loud: bool = False) -> str:
        """Answers."""
        run = current_run()
        assert run
        run.add_tokens(input=10, output=2)
        run.add_tokens(input=5)
        run.cost_usd = Decimal("0.001")
        return question.upper() if loud else question

    assert answer("why", loud=True) == "WHY"
    assert (answer.__name__, answer.__doc__) == ("answer", "Answers.")
    [run] = recorded.runs()
    assert (run.agent_id, run.model, run.agent_version) == ("support", "m", "2")
    assert (run.input_tokens, run.output_tokens, run.cached_input_tokens) == (15, 2, None)
    assert run.cost_usd == Decimal("0.001")
    assert run.status is ExecutionStatus.SUCCEEDED
    assert run.end_time is not None
    assert run.end_time >= run.start_time
    assert run.credits is None
    assert current_run() is None


class RateLimitError(Exception):
    """As clients of models name it."""


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (TimeoutError("late"), ExecutionStatus.TIMED_OUT, ErrorType.TIMEOUT),
        (RateLimitError("slower"), ExecutionStatus.FAILED, ErrorType.RATE_LIMIT),
        (ConnectionResetError("gone"), ExecutionStatus.FAILED, ErrorType.NETWORK),
        (ValueError("bad"), ExecutionStatus.FAILED, ErrorType.VALIDATION),
        (RuntimeError("what"), ExecutionStatus.FAILED, ErrorType.UNKNOWN),
        (KeyboardInterrupt(), ExecutionStatus.CANCELLED, ErrorType.UNSPECIFIED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_what_is_raised_is_how_it_failed(
    tracker: Tracker,
    recorded: Recorded,
    error: BaseException,
    status: ExecutionStatus,
    kind: ErrorType,
) -> None:
    @tracker.track_agent("support")
    def answer() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        answer()
    assert raised.value is error
    assert told(recorded.runs()[0]) == (status, kind)


def test_who_knows_better_says_what_it_was(recorded: Recorded) -> None:
    tracker = Tracker(cast(Producer, recorded), classify=lambda error: ErrorType.USER_ERROR)
    with pytest.raises(RuntimeError), tracker.run("support"):
        raise RuntimeError("\x00" + "long" * 2000)
    [run] = recorded.runs()
    assert told(run) == (ExecutionStatus.FAILED, ErrorType.USER_ERROR)
    assert len(run.error_message) == 4096
    assert "\x00" not in run.error_message


class UnspeakableError(ConnectionError):
    def __str__(self) -> str:
        raise RuntimeError("it cannot be said")


def test_who_fails_to_know_better_disturbs_nothing(
    recorded: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    def classify(error: BaseException) -> ErrorType | None:
        raise RuntimeError("the program's own")

    tracker = Tracker(cast(Producer, recorded), classify=classify)
    with pytest.raises(UnspeakableError), tracker.run("support"), tracker.tool_call("search"):
        raise UnspeakableError
    [run] = recorded.runs()
    assert told(run) == (ExecutionStatus.FAILED, ErrorType.NETWORK)
    assert run.error_message == "UnspeakableError: "
    assert "the program's own" in caplog.text


def test_a_run_may_end_in_another_context(tracker: Tracker, recorded: Recorded) -> None:
    running = tracker.run("support")
    contextvars.copy_context().run(running.__enter__)
    running.__exit__(None, None, None)
    assert [one.status for one in recorded.runs()] == [ExecutionStatus.SUCCEEDED]


def test_what_is_misspelt_is_told_at_once(tracker: Tracker) -> None:
    with pytest.raises(TypeError, match="modle"):
        tracker.track_agent("support", modle="m")  # type: ignore[call-arg]


async def test_coroutines_that_are_cancelled(tracker: Tracker, recorded: Recorded) -> None:
    @tracker.track_agent("support")
    async def answer(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "because"

    assert inspect.iscoroutinefunction(answer)
    assert await answer(0) == "because"
    task = asyncio.create_task(answer(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [one.status for one in recorded.runs()] == [
        ExecutionStatus.SUCCEEDED,
        ExecutionStatus.CANCELLED,
    ]


async def test_runs_of_tasks_do_not_mix(tracker: Tracker, recorded: Recorded) -> None:
    @tracker.track_agent("inner")
    async def inner() -> None:
        await asyncio.sleep(0.001)

    @tracker.track_agent("outer")
    async def outer() -> str:
        await asyncio.gather(inner(), inner())
        run = current_run()
        assert run
        return run.execution_id

    outers = await asyncio.gather(*(outer() for _ in range(5)))
    parents = [one.parent_execution_id for one in recorded.runs() if one.agent_id == "inner"]
    assert sorted(parents) == sorted([*outers, *outers])


def test_a_generator_is_a_run_to_its_end(tracker: Tracker, recorded: Recorded) -> None:
    @tracker.track_agent("writer")
    def words() -> Iterator[str]:
        run = current_run()
        assert run
        run.output_tokens = 0
        for word in ("one", "two"):
            run.output_tokens += 1
            assert current_run() is run
            yield word

    taken = words()
    assert next(taken) == "one"
    assert current_run() is None
    assert not recorded
    assert list(taken) == ["two"]
    [run] = recorded.runs()
    assert (run.status, run.output_tokens) == (ExecutionStatus.SUCCEEDED, 2)
    stopped = words()
    next(stopped)
    stopped.close()
    assert recorded.runs()[1].status is ExecutionStatus.CANCELLED


def test_what_is_sent_into_a_generator_arrives(tracker: Tracker, recorded: Recorded) -> None:
    @tracker.track_agent("echo")
    def echo() -> Any:
        heard = []
        while len(heard) < 2:
            try:
                heard.append((yield len(heard)))
            except KeyError:
                heard.append("error")
        return heard

    talk = echo()
    assert next(talk) == 0
    assert talk.send("hello") == 1
    with pytest.raises(StopIteration) as stopped:
        talk.throw(KeyError())
    assert stopped.value.value == ["hello", "error"]
    assert recorded.runs()[0].status is ExecutionStatus.SUCCEEDED


async def test_a_generator_that_is_awaited(tracker: Tracker, recorded: Recorded) -> None:
    is_closed = []

    @tracker.track_agent("writer")
    async def words(fails: bool) -> AsyncIterator[str]:
        try:
            assert current_run()
            yield "one"
            await asyncio.sleep(0)
            if fails:
                raise ConnectionError("gone")
            yield "two"
        finally:
            is_closed.append(True)

    assert [one async for one in words(False)] == ["one", "two"]
    with pytest.raises(ConnectionError):
        [one async for one in words(True)]
    stopped = words(False)
    assert await anext(stopped) == "one"
    assert current_run() is None
    await cast(Any, stopped).aclose()
    assert [told(one) for one in recorded.runs()] == [
        (ExecutionStatus.SUCCEEDED, ErrorType.UNSPECIFIED),
        (ExecutionStatus.FAILED, ErrorType.NETWORK),
        (ExecutionStatus.CANCELLED, ErrorType.UNSPECIFIED),
    ]
    assert len(is_closed) == 3


async def test_what_is_sent_into_one_that_is_awaited_arrives(
    tracker: Tracker, recorded: Recorded
) -> None:
    heard: list[Any] = []

    @tracker.track_agent("echo")
    async def echo() -> AsyncGenerator[int, str]:
        while len(heard) < 3:
            assert current_run()
            try:
                heard.append((yield len(heard)))
            except KeyError:
                heard.append("error")

    talk = echo()
    assert await anext(talk) == 0
    assert await talk.asend("hello") == 1
    assert await talk.athrow(KeyError()) == 2
    with pytest.raises(StopAsyncIteration):
        await talk.asend("bye")
    assert heard == ["hello", "error", "bye"]
    assert recorded.runs()[0].status is ExecutionStatus.SUCCEEDED


async def test_what_a_block_raises_reaches_the_context_manager_around_it(
    tracker: Tracker, recorded: Recorded
) -> None:
    seen: list[BaseException] = []

    @asynccontextmanager
    @tracker.track_agent("session")
    async def session(forgives: bool) -> AsyncIterator[str]:
        try:
            yield "open"
        except ConnectionError as error:
            seen.append(error)
            if not forgives:
                raise

    gone = ConnectionError("gone")
    async with session(forgives=True):
        raise gone
    with pytest.raises(ConnectionError) as raised:
        async with session(forgives=False):
            raise gone
    assert raised.value is gone
    assert seen == [gone, gone]
    assert [told(one) for one in recorded.runs()] == [
        (ExecutionStatus.SUCCEEDED, ErrorType.UNSPECIFIED),
        (ExecutionStatus.FAILED, ErrorType.NETWORK),
    ]


def test_runs_within_runs_and_their_tools(tracker: Tracker, recorded: Recorded) -> None:
    with tracker.run("boss", user_id="u", conversation_id="c") as outer:
        with tracker.tool_call("search"):
            pass
        with pytest.raises(TimeoutError), tracker.tool_call("browse"):
            raise TimeoutError
        with tracker.run("helper") as inner:
            inner.fail("no answer", ErrorType.MODEL_ERROR)
    helper, boss = recorded.runs()
    assert helper.parent_execution_id == boss.execution_id == outer.execution_id
    assert (helper.user_id, helper.conversation_id) == ("u", "c")
    assert (boss.tool_calls, helper.tool_calls) == (2, None)
    assert told(helper) == (ExecutionStatus.FAILED, ErrorType.MODEL_ERROR)
    assert boss.status is ExecutionStatus.SUCCEEDED
    points = [one for one in recorded if isinstance(one, MetricPoint)]
    assert [(one.metric_type, one.tags) for one in points] == [
        ("tool_call.seconds", {"tool": "search", "outcome": "succeeded", "agent_id": "boss"}),
        ("tool_call.seconds", {"tool": "browse", "outcome": "timed_out", "agent_id": "boss"}),
    ]


def test_runs_are_seen_running_if_that_is_wanted(recorded: Recorded) -> None:
    tracker = Tracker(cast(Producer, recorded), announces=True)
    with tracker.run("support"):
        assert [one.status for one in recorded.runs()] == [ExecutionStatus.RUNNING]
    begun, ended = recorded.runs()
    assert begun.execution_id == ended.execution_id
    assert begun.end_time is None


@pytest.mark.parametrize(
    "trouble",
    [
        BufferFull("no room"),
        InvalidOperation("no number"),
        sqlite3.DatabaseError("malformed"),
    ],
    ids=lambda trouble: type(trouble).__name__,
)
def test_recording_does_not_disturb(
    tracker: Tracker, recorded: Recorded, caplog: pytest.LogCaptureFixture, trouble: Exception
) -> None:
    recorded.trouble = trouble
    with tracker.run("support"):
        pass
    assert f"was not recorded: {trouble}" in caplog.text
    with Tracker().run("support"):
        pass
