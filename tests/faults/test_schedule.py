"""Faults are random, and yet the same again."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tools.faults.schedule import Blow, Temper, schedule

VICTIMS = ["postgres", "kafka-1", "ingest-1", "writer-1"]
SEEDS = st.integers(0, 2**32)


@given(SEEDS, st.floats(0, 1000))
def test_a_seed_replays_a_schedule(seed: int, seconds: float) -> None:
    once, again = (schedule(seed, seconds, VICTIMS, Temper()) for _ in range(2))
    assert once == again


@given(SEEDS)
def test_nobody_is_spared_and_nobody_is_singled_out(seed: int) -> None:
    struck = Counter(fault.victim for fault in schedule(seed, 600, VICTIMS, Temper()))
    assert set(struck) == set(VICTIMS)
    assert max(struck.values()) - min(struck.values()) <= 1


@given(SEEDS, st.floats(1, 60))
def test_faults_keep_within_their_temper(seed: int, between: float) -> None:
    temper = Temper(seconds_between=between)
    faults = schedule(seed, 600, VICTIMS, temper)
    gaps = [b.at - a.at for a, b in pairwise(faults)]
    assert all(between / 2 - 1e-9 <= gap <= between * 1.5 + 1e-9 for gap in gaps)
    assert all(0 <= fault.at < 600 for fault in faults)
    longest = {Blow.KILL: temper.most_seconds_dead, Blow.PAUSE: temper.most_seconds_paused}
    assert all(0 <= fault.seconds <= longest[fault.blow] + 1e-9 for fault in faults)


@given(SEEDS)
def test_half_an_hour_has_a_hundred_kills(seed: int) -> None:
    blows = Counter(fault.blow for fault in schedule(seed, 1800, VICTIMS, Temper()))
    assert blows[Blow.KILL] >= 100
    assert blows[Blow.PAUSE] >= 30
