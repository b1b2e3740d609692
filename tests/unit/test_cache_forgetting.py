"""What is forgotten stays forgotten, whatever is under way, and nothing else is."""

import asyncio

from services.runtime.cache.forgetting import Heard
from services.runtime.cache.question import Answer
from services.runtime.cache.statistics import Event
from tests.support.cache import PAST, Replica, World, question, value_of

W = "acme"


def heard_by(*known: str) -> tuple[Heard, list[str]]:
    forgotten: list[str] = []
    heard = Heard(forgotten.append)
    for generation in known:
        heard.catch_up(generation)
    forgotten.clear()
    return heard, forgotten


def test_who_begins_to_listen_knows_nothing() -> None:
    forgotten: list[str] = []
    Heard(forgotten.append).catch_up("a")
    assert forgotten == ["*"]


def test_who_was_away_while_nothing_was_forgotten_keeps_all() -> None:
    heard, forgotten = heard_by("a")
    heard.catch_up("a")
    assert forgotten == []


def test_who_missed_something_forgets_all() -> None:
    heard, forgotten = heard_by("a")
    heard.catch_up("b")
    assert forgotten == ["*"]


def test_who_hears_each_forgets_no_more_than_is_said() -> None:
    heard, forgotten = heard_by("a")
    heard.hear("a", "b", "acme:*")
    heard.hear("b", "c", "other:*")
    heard.catch_up("c")
    assert forgotten == ["acme:*", "other:*"]


def test_who_hears_of_a_generation_that_does_not_follow_forgets_all() -> None:
    heard, forgotten = heard_by("a")
    heard.hear("b", "c", "other:*")
    assert forgotten == ["*"]


async def test_what_was_under_way_is_neither_kept_nor_joined() -> None:
    world = World()
    replica = Replica.of(world)
    may_end = asyncio.Event()

    async def slowly() -> Answer:
        answer = await world.answer(W, PAST, 10)
        await may_end.wait()
        return answer

    first = asyncio.create_task(replica.cache.reply(question(W, PAST, 10, 10), slowly))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert world.calculations == 1
    world.facts[W][5] += 1
    replica.cache.forget("acme:*")
    assert await replica.count(W, PAST, 10) == 1
    may_end.set()
    assert value_of(await first) == 0
    assert await replica.count(W, PAST, 10) == 1
    assert world.calculations == 2


async def test_forgetting_says_how_many_and_counts_them_apart_from_news() -> None:
    replica = Replica.of(World())
    for behind in (8, 9, 10):
        await replica.count(W, PAST, behind)
    await replica.count("other", PAST, 10)
    assert replica.cache.forget("acme:*") == 3
    assert await replica.cache.forget_everywhere("other:*") == (1, 0)
    events = replica.cache.statistics.events
    assert (events[Event.INVALIDATED], events.get(Event.DROPPED)) == (4, None)
    assert replica.cache.figures().entries == 0
