"""What tiers keep, for how long, and what they take for an entry."""

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime.breaker import Breaker
from services.runtime.cache.entry import Entry, UnreadableEntryError, decode, encode
from services.runtime.cache.memory import OVERHEAD_BYTES, ProcessTier
from services.runtime.cache.question import Key

EDITION = b"edition"


def entry(reply: bytes = b"reply", seconds: float = 60) -> Entry:
    now = time.time()
    return Entry(reply, 7, 0.0, 3600.0, math.inf, now, now + seconds, 0.01)


def key(number: int, workspace: str = "acme") -> Key:
    return Key(workspace, "/test.Counting/Count", str(number).encode())


def test_what_was_not_used_longest_goes_first() -> None:
    tier = ProcessTier(most_entries=2, most_bytes=10**6)
    tier.put(key(1), entry())
    tier.put(key(2), entry())
    assert tier.get(key(1)) is not None
    tier.put(key(3), entry())
    assert [tier.get(key(n)) is not None for n in (1, 2, 3)] == [True, False, True]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000))))
def test_its_bytes_are_bounded_and_counted(puts: list[tuple[int, int]]) -> None:
    tier = ProcessTier(most_entries=6, most_bytes=20_000)
    for number, size in puts:
        tier.put(key(number), entry(bytes(size)))
        kept = {n: e for n in range(10) if (e := tier.get(key(n))) is not None}
        assert tier.bytes == sum(len(e.reply) + 1 + OVERHEAD_BYTES for e in kept.values())
        assert tier.bytes <= 20_000
        assert len(tier) == len(kept) <= 6
        assert (number in kept) == (8 * (size + 1 + OVERHEAD_BYTES) <= 20_000)


def test_an_entry_is_gone_when_its_time_is_over() -> None:
    tier = ProcessTier(10, 10**6)
    tier.put(key(1), entry(seconds=0.02))
    assert tier.get(key(1)) is not None
    time.sleep(0.03)
    assert tier.get(key(1)) is None
    assert tier.bytes == 0


def test_entries_are_dropped_by_workspace_and_by_key() -> None:
    tier = ProcessTier(10, 10**6)
    for workspace in ("acme", "other"):
        for number in range(3):
            tier.put(key(number, workspace), replace(entry(), revision=number))
    assert tier.drop_in("acme", lambda kept: kept.revision > 0) == 2
    assert tier.drop_where(lambda kept: kept == key(1, "other")) == 1
    assert len(tier) == 3


def test_what_is_encoded_is_decoded() -> None:
    kept = replace(entry(b"\x00reply\xff"), end=math.inf, cost=0.25)
    assert decode(encode(kept, "acme:a", EDITION), "acme:a", EDITION) == kept


def test_an_entry_under_a_key_or_edition_not_its_own_is_garbage() -> None:
    data = encode(entry(), "acme:a", EDITION)
    for name, edition in (("other:a", EDITION), ("acme:a", b"another")):
        with pytest.raises(UnreadableEntryError):
            decode(data, name, edition)


@given(st.binary(max_size=200))
def test_garbage_is_no_entry(data: bytes) -> None:
    with pytest.raises(UnreadableEntryError):
        decode(data, "acme:a", EDITION)


@given(st.data())
def test_an_entry_with_one_wrong_byte_is_no_entry(draw: st.DataObject) -> None:
    data = bytearray(encode(entry(), "acme:a", EDITION))
    position = draw.draw(st.integers(0, len(data) - 1))
    data[position] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(UnreadableEntryError):
        decode(bytes(data), "acme:a", EDITION)


def test_an_answer_that_slides_is_as_old_in_every_process() -> None:
    made = replace(entry(), until=time.time() + 60, calculated_at=time.time() - 5)
    found = decode(encode(made, "acme:a", EDITION), "acme:a", EDITION)
    assert time.monotonic() - found.moment == pytest.approx(5, abs=0.2)


def test_a_breaker_opens_tries_once_in_a_while_and_closes() -> None:
    now = 0.0
    breaker = Breaker(failures=2, pause=1, clock=lambda: now)
    breaker.failed()
    assert breaker.lets_through()
    breaker.failed()
    assert (breaker.is_open, breaker.lets_through()) == (True, False)
    now = 1.5
    assert [breaker.lets_through(), breaker.lets_through()] == [True, False]
    breaker.succeeded()
    assert [breaker.lets_through(), breaker.is_open] == [True, False]
