"""The window beside an oracle that remembers each request by its time."""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.limits.counters import OwnCounters
from gateway.limits.lease import LIFE, Lease, Lending, lendable
from gateway.limits.limit import Budget, Limit, Scope
from gateway.limits.window import MICROSECONDS, SLOTS, Window, charge_all, width_of

SECONDS = st.integers(1, 7200)
# Pauses between requests, in slots: most in the same or the next few, some beyond the window.
PAUSES = st.lists(
    st.tuples(st.one_of(st.floats(0, 3), st.floats(0, 70)), st.integers(0, 3), st.integers(1, 12)),
    max_size=60,
)


# A busy machine is no fault of the window's.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass
class Oracle:
    """Remembers when each was charged."""

    width: int
    charged: list[int] = field(default_factory=list)

    def used(self, now: int) -> int:
        return sum(1 for time in self.charged if self.leaves(time) > now)

    def leaves(self, time: int) -> int:
        """The first moment at which the slot of a time has left the window wholly."""
        return (time // self.width + 1 + SLOTS) * self.width

    def charge(self, now: int, cost: int, amount: int) -> bool:
        is_allowed = self.used(now) + cost <= amount
        if is_allowed:
            self.charged += [now] * cost
        return is_allowed


@patient
@given(SECONDS)
def test_slots_cover_the_period_and_hardly_more(seconds: int) -> None:
    width = width_of(seconds)
    assert seconds * MICROSECONDS <= SLOTS * width < seconds * MICROSECONDS + SLOTS


@patient
@given(SECONDS, PAUSES)
def test_a_window_decides_as_the_oracle(seconds: int, asked: list[tuple[float, int, int]]) -> None:
    width, now = width_of(seconds), 10**15
    window, oracle = Window(width), Oracle(width)
    for pause, cost, amount in asked:
        now += int(pause * width)
        before = oracle.used(now)
        assert window.used(now) == before
        verdict = charge_all([(window, amount)], now, cost)
        assert verdict.is_allowed == (oracle.charge(now, cost, amount) or cost == 0)
        assert verdict.standings[0].used == oracle.used(now)
        assert len(window.slots) <= SLOTS + 1


@patient
@given(SECONDS, PAUSES, st.integers(1, 8))
def test_there_is_never_more_than_the_limit_in_any_window(
    seconds: int, asked: list[tuple[float, int, int]], amount: int
) -> None:
    width, now = width_of(seconds), 10**15
    window, passed = Window(width), list[int]()
    for pause, cost, _ in asked:
        now += int(pause * width)
        if charge_all([(window, amount)], now, cost).is_allowed:
            passed += [now] * cost
    for end in passed:
        assert sum(1 for time in passed if end - seconds * MICROSECONDS < time <= end) <= amount


@patient
@given(SECONDS, PAUSES, st.integers(3, 8))
def test_the_wait_is_as_short_as_it_can_be(
    seconds: int, asked: list[tuple[float, int, int]], amount: int
) -> None:
    width, now = width_of(seconds), 10**15
    window, oracle = Window(width), Oracle(width)
    for pause, cost, _ in asked:
        now += int(pause * width)
        verdict = charge_all([(window, amount)], now, cost)
        if verdict.is_allowed:
            oracle.charge(now, cost, amount)
            assert verdict.standings[0].wait == 0
        else:
            then = now + verdict.standings[0].wait
            assert oracle.used(then) + cost <= amount < oracle.used(then - 1) + cost


@patient
@given(SECONDS, PAUSES)
def test_the_reset_is_when_there_is_more_room(
    seconds: int, asked: list[tuple[float, int, int]]
) -> None:
    width, now = width_of(seconds), 10**15
    window, oracle = Window(width), Oracle(width)
    for pause, cost, amount in asked:
        now += int(pause * width)
        standing = charge_all([(window, amount)], now, cost).standings[0]
        oracle.charge(now, cost, amount)
        if standing.used == 0:
            assert standing.reset == 0
        else:
            then = now + standing.reset
            assert oracle.used(then) < oracle.used(then - 1) == standing.used


@patient
@given(st.lists(st.integers(1, 4), min_size=2, max_size=5), st.integers(1, 20))
def test_a_refused_request_charges_nothing(amounts: list[int], requests: int) -> None:
    windows = [(Window(width_of(60)), amount) for amount in amounts]
    allowed = [charge_all(windows, 10**15, 1).is_allowed for _ in range(requests)]
    assert sum(allowed) == min(*amounts, requests)
    assert {window.used(10**15) for window, _ in windows} == {sum(allowed)}


LENDINGS = st.lists(
    st.tuples(
        st.one_of(st.floats(0, 3), st.floats(0, 70)), st.integers(1, 400), st.integers(0, 60)
    ),
    max_size=60,
)


@patient
@given(SECONDS, LENDINGS, st.integers(0, 5_000), st.data())
def test_what_is_lent_and_not_used_is_as_if_it_had_never_been_charged(
    seconds: int, asked: list[tuple[float, int, int]], amount: int, data: st.DataObject
) -> None:
    width, now, lent_at = width_of(seconds), 10**15, 10**15
    window, oracle, lease = Window(width), Oracle(width), None
    for pause, cost, wanted in asked:
        # What was used of it, was used while it was new.
        used = data.draw(st.integers(0, lease.units)) if lease else 0
        oracle.charged += [lent_at + LIFE] * used
        left = lease and Lease(lease.units - used, lease.slots)
        now += int(pause * width)
        before = oracle.used(now)
        verdict = charge_all([(window, amount)], now, cost, Lending(wanted, left))
        assert verdict.is_allowed == oracle.charge(now, cost, amount)
        assert verdict.standings[0].used == oracle.used(now)
        lease, lent_at = verdict.lease, now
        lent = lease.units if lease else 0
        assert lent <= wanted
        assert lent == 0 or (amount >= 1000 and lent <= amount / 100)
        assert lent == 0 or (verdict.is_allowed and before + cost + lent <= amount / 2)
        assert lent or not wanted or not verdict.is_allowed or lendable(amount, before + cost) == 0


@pytest.mark.parametrize("text", ["5@17", "5@17,18", "999999999@123456789012345"])
def test_a_lease_is_read_as_it_was_written(text: str) -> None:
    assert str(Lease.read(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "5", "5@", "@5", "-5@17", "5@17,", "5@x", "1e3@17", "5@17\n", "9999999999@1"],
)
def test_what_was_not_written_as_a_lease_is_none(text: str) -> None:
    assert Lease.read(text) is None


def budget(number: int, seconds: int = 60) -> Budget:
    return Budget("w", Scope.USER, f"user-{number}", "reports", Limit(1, seconds))


async def test_counters_forget_those_that_were_not_charged_longest() -> None:
    counters = OwnCounters(most=3)
    for number in (1, 2, 3):
        assert (await counters.charge([budget(number)], 1)).is_allowed
    assert not (await counters.charge([budget(1)], 1)).is_allowed
    assert (await counters.charge([budget(4)], 1)).is_allowed
    assert len(counters) == 3
    assert not (await counters.charge([budget(1)], 1)).is_allowed
    assert (await counters.charge([budget(2)], 1)).is_allowed


@pytest.mark.parametrize("cost", [1, 0])
async def test_another_period_is_another_window(cost: int) -> None:
    counters = OwnCounters()
    await counters.charge([budget(1)], 1)
    other = await counters.charge([budget(1, seconds=61)], cost)
    assert (other.is_allowed, other.standings[0].used) == (True, cost)
