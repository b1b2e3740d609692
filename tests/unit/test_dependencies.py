"""What a process stands on is told as it was found, and since when."""

import asyncio

import pytest

from services.runtime.background import in_background
from services.runtime.telemetry import dependencies as module
from services.runtime.telemetry.dependencies import Dependencies


class Server:
    """Something that may be away."""

    def __init__(self) -> None:
        self.trouble = ""
        self.is_silent = False

    async def check(self) -> str:
        if self.is_silent:
            await asyncio.Event().wait()
        return self.trouble


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(module, "ROUND_SECONDS", 0.001)
    monkeypatch.setattr(module, "LONGEST_SECONDS", 0.02)
    return Server()


async def until_checked(known: Dependencies) -> module.Found:
    """By a look that began after this was asked."""
    before = [one.checked_at for one in known.found()]
    async with asyncio.timeout(10):
        for _ in range(2):
            while [one.checked_at for one in known.found()] == before:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            before = [one.checked_at for one in known.found()]
    [found] = known.found()
    return found


async def test_it_is_told_since_when_something_is_as_it_is(server: Server) -> None:
    known = Dependencies()
    known.add("redis", server.check, pause=0.0)
    assert known.trouble("redis") == "not looked at yet"
    assert list(known.up()) == []
    async with in_background(known.follow()):
        first = await until_checked(known)
        second = await until_checked(known)
        server.trouble = "refused"
        third = await until_checked(known)
        server.trouble = "refused, and loudly"
        fourth = await until_checked(known)
        server.trouble = ""
        fifth = await until_checked(known)
    assert (first.is_up, first.since) == (True, second.since)
    assert second.checked_at > first.checked_at
    assert (third.is_up, third.trouble) == (False, "refused")
    assert third.since > second.since
    assert (fourth.trouble, fourth.since) == ("refused, and loudly", third.since)
    assert fifth.is_up
    assert fifth.since > third.since


async def test_who_does_not_answer_is_away_and_delays_nobody(server: Server) -> None:
    known, other = Dependencies(), Server()
    server.is_silent = True
    known.add("kafka", server.check, pause=0.0)
    known.add("redis", other.check, pause=0.0)
    known.add("redis", server.check)  # The first counts.
    async with asyncio.timeout(10), in_background(known.follow()):
        while len(list(known.found())) < 2:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    assert dict(known.up()) == {("kafka",): 0.0, ("redis",): 1.0}
    assert known.trouble("kafka") == "no answer within 0.02 s"
    assert dict(known.latency())["kafka",] >= 0.02


async def test_what_is_closed_is_not_asked_any_more(server: Server) -> None:
    known, other = Dependencies(), Server()
    async with in_background(known.follow()):
        with known.on("objects", server.check, pause=0.0):
            with known.on("objects", other.check):
                first = await until_checked(known)
            again = await until_checked(known)
        await asyncio.sleep(0.05)
    assert again.checked_at > first.checked_at


async def test_what_is_closed_is_neither_up_nor_away(server: Server) -> None:
    known, asked = Dependencies(), asyncio.Event()

    async def slowly() -> str:
        asked.set()
        await asyncio.sleep(0.01)
        return ""

    async with in_background(known.follow()):
        with known.on("objects", server.check, pause=0.0):
            await until_checked(known)
        assert (list(known.up()), list(known.latency())) == ([], [])
        # Nor does an answer count that comes when it is closed.
        with known.on("objects", slowly, pause=0.0):
            async with asyncio.timeout(10):
                await asked.wait()
        await asyncio.sleep(0.05)
    assert list(known.found()) == []
    assert known.trouble("objects") == "not looked at yet"
