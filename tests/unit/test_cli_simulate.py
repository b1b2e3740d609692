"""Simulated traffic: repeatable, in order, and valid by the contract's own rules."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
from shadower.common.v1.execution_pb2 import ExecutionStatus
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.metric_point_pb2 import MetricPoint

from cli.simulate.history import MOST_RUNS, past_records
from cli.simulate.live import Happening, Traffic
from cli.simulate.records import Record
from services.runtime.validator import MessageValidator

NOW = datetime(2025, 6, 11, 15, 20, tzinfo=UTC)
RUNNING = ExecutionStatus.EXECUTION_STATUS_RUNNING


def happenings(seed: int, seconds: int, rate: float = 5) -> list[Happening]:
    end = NOW + timedelta(seconds=seconds)
    return list(takewhile(lambda it: it.at <= end, Traffic(seed, NOW, rate).happenings()))


def records(found: list[Happening]) -> list[Record]:
    return [record for happening in found for record in happening.records]


def executions(found: list[Record]) -> list[Execution]:
    return [record for record in found if isinstance(record, Execution)]


@pytest.mark.parametrize("days", [7, 30])
def test_the_past_is_bounded_and_valid(days: int) -> None:
    found = list(past_records(1, NOW, timedelta(days=days)))
    runs = executions(found)
    assert MOST_RUNS * 0.6 < len(runs) <= MOST_RUNS
    assert len({run.execution_id for run in runs}) == len(runs)
    assert all(run.end_time.ToDatetime(UTC) <= NOW for run in runs)
    validator = MessageValidator()
    assert not [record for record in found if validator.violations(record, "record")]


def test_the_same_past_comes_again_whenever_it_is_asked_for() -> None:
    later = NOW + timedelta(hours=7, minutes=13)
    first = {run.execution_id: run for run in executions(list(past_records(1, NOW, WEEK)))}
    again = {run.execution_id: run for run in executions(list(past_records(1, later, WEEK)))}
    common = first.keys() & again.keys()
    assert len(common) > 0.9 * len(first)
    assert all(first[execution_id] == again[execution_id] for execution_id in common)


def test_days_have_a_rhythm() -> None:
    runs = executions(list(past_records(1, NOW, WEEK)))
    hours = Counter(run.start_time.ToDatetime(UTC).hour for run in runs)
    assert sum(hours[hour] for hour in range(8, 18)) > 3 * sum(hours[hour] for hour in range(6))


def test_live_traffic_is_decided_by_its_seed_and_start() -> None:
    assert records(happenings(1, 60)) == records(happenings(1, 60))
    assert records(happenings(1, 60)) != records(happenings(2, 60))


def test_live_traffic_keeps_its_order_and_rate() -> None:
    found = happenings(3, 600)
    times = [happening.at for happening in found]
    assert times == sorted(times)
    begun = [run for run in executions(records(found)) if run.status == RUNNING]
    assert 600 * 5 * 0.9 < len(begun) < 600 * 5 * 1.1
    points = [record for record in records(found) if isinstance(record, MetricPoint)]
    assert len(points) == 2 * 61


def test_a_run_begins_ends_and_is_completed_later() -> None:
    by_id: dict[str, list[Execution]] = {}
    for run in executions(records(happenings(1, 900, rate=1))):
        by_id.setdefault(run.execution_id, []).append(run)
    assert all(run.status == RUNNING for run, *_ in by_id.values())
    completed = [runs for runs in by_id.values() if len(runs) == 3]
    assert len(completed) > 500
    for _, finished, complete in completed:
        assert not finished.HasField("cost_usd")
        assert complete.HasField("cost_usd") or complete.HasField("user_rating")
        finished.MergeFrom(complete)
        assert finished == complete


def test_live_records_are_valid() -> None:
    validator = MessageValidator()
    found = records(happenings(1, 600))
    assert not [record for record in found if validator.violations(record, "record")]


def test_what_runs_at_the_end_is_cancelled() -> None:
    traffic = Traffic(1, NOW, 5)
    end = NOW + timedelta(seconds=30)
    running: set[str] = set()
    for happening in takewhile(lambda it: it.at <= end, traffic.happenings()):
        traffic.settle(happening)
        for run in executions(list(happening.records)):
            (running.add if run.status == RUNNING else running.discard)(run.execution_id)
    cancelled = executions(traffic.cancelled(end))
    assert {run.execution_id for run in cancelled} == running
    assert {run.status for run in cancelled} == {ExecutionStatus.EXECUTION_STATUS_CANCELLED}


WEEK = timedelta(days=7)
