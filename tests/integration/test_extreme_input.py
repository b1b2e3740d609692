"""What no caller means, and some send: it is answered like anything else that is wrong."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from shadower.bus.v1.dead_letters_service_pb2 import ListDeadLettersRequest

from tests.support.errors import refused
from tests.support.runs import Client, point


@pytest.mark.parametrize("size", [101, 70_000])
@pytest.mark.parametrize("letter", ["x", "ü", "\x00"])
async def test_a_long_name_of_a_workspace_is_not_told_in_full(
    client: Client, size: int, letter: str
) -> None:
    request = ListDeadLettersRequest(workspace_id=letter * size)
    call = client.stubs.bus.ListDeadLetters(request, metadata=client.metadata)
    found = await refused(call)
    assert (found.code, found.reason) == (grpc.StatusCode.PERMISSION_DENIED, "WORKSPACE_DENIED")
    assert found.metadata == {"workspaceId": letter * 100}


@pytest.mark.parametrize("nanos", [0, 999, -1, 2**31 - 1])
async def test_an_answer_may_be_as_old_as_can_be(client: Client, nanos: int) -> None:
    ages = Duration(seconds=2**63 - 1, nanos=nanos)
    assert (await client.agents(max_staleness=ages)).agents == []


LEAST, HUGE = 5e-324, 1e100
AVERAGES = {
    "alone": ([LEAST], LEAST),
    "half of the least": ([LEAST, 0.0], 0.0),
    "three halves": ([LEAST, LEAST * 2], LEAST * 2),
    "less than the least": ([LEAST, 0.0, 0.0], 0.0),
    "negative": ([-LEAST, 0.0, 0.0], 0.0),
    "two of three": ([LEAST, LEAST, 0.0], LEAST),
    "what is left": ([HUGE, -HUGE, LEAST], 0.0),
    "small": ([1e-310, 2e-310], (1e-310 + 2e-310) / 2),
    "nothing": ([0.0, 0.0], 0.0),
}


@pytest.mark.parametrize("name", AVERAGES)
async def test_an_average_may_be_the_least_number_or_less(client: Client, name: str) -> None:
    values, average = AVERAGES[name]
    at = datetime.now(UTC).replace(microsecond=0)
    points = [
        point("tiny", value, at - timedelta(seconds=back)) for back, value in enumerate(values)
    ]
    await client.record_points(points)
    answer = await client.metrics(metrics=["tiny"])
    assert answer.time_series[0].points[0].value.real == average
