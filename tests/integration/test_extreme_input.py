"""What no caller means, and some send: it is answered like anything else that is wrong."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from shadower.bus.v1.dead_letters_service_pb2 import ListDeadLettersRequest

from tests.support.errors import refused
from tests.support.runs import Client


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
