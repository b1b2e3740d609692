"""Who erases a user or a workspace has the files of reports erased, too."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from shadower.upkeep.v1 import erasure_service_pb2 as pb
from shadower.upkeep.v1.erasure_pb2 import ERASURE_STATE_DONE, Erasure

from tests.support.keys import KeyRing
from tests.support.reports import SUMMARY, USERS, Desk, definition
from tests.support.runs import run
from tests.support.stack import Stack

USER = "user-of-reports"
YESTERDAY = datetime.now(UTC).replace(hour=12) - timedelta(days=1)


async def erased(desk: Desk, request: Any) -> dict[str, int]:
    """The receipt, as counts."""
    stub = desk.stack.stubs.erasure
    metadata = desk.keys.metadata(desk.workspace, permissions=["erasure_runs:write"])
    begin = getattr(stub, type(request).__name__.removesuffix("Request"))
    erasure_id = (await begin(request, metadata=metadata)).erasure.erasure_id
    found = Erasure()
    async with asyncio.timeout(30):
        while found.state != ERASURE_STATE_DONE:
            await stub.RunErasures(
                pb.RunErasuresRequest(workspace_id=desk.workspace), metadata=metadata
            )
            asked = pb.GetErasureRequest(workspace_id=desk.workspace, erasure_id=erasure_id)
            found = (await stub.GetErasure(asked, metadata=metadata)).erasure
    return {one.table: one.rows for one in found.removals}


def files(desk: Desk) -> list[bytes]:
    objects = desk.stack.running["reports"].log.parent / "objects"
    folder = objects / "reports" / desk.workspace
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def test_reports_that_may_name_the_user_go_with_him(stack: Stack, keys: KeyRing) -> None:
    desk = Desk.of_new_workspace(stack, keys)
    await desk.client.record([run("run-1", YESTERDAY, user_id=USER)])
    of_users = await desk.made(definition(sections=[SUMMARY, USERS]))
    of_nobody = await desk.made(definition(sections=[SUMMARY]))
    assert any(USER.encode() in content for content in files(desk))
    request = pb.EraseUserRequest(workspace_id=desk.workspace, user_id=USER, confirm_user_id=USER)
    receipt = await erased(desk, request)
    assert (receipt["reports"], receipt["report_files"]) == (1, 1)
    left = [one.report_id for one in (await desk.call("ListReports")).reports]
    assert left == [of_nobody.report_id] != [of_users.report_id]
    assert len(files(desk)) == 1
    assert USER.encode() not in files(desk)[0]


async def test_nothing_is_left_of_a_workspace(stack: Stack, keys: KeyRing) -> None:
    desk, other = (Desk.of_new_workspace(stack, keys) for _ in range(2))
    for one in (desk, other):
        await one.define()
        await one.made(definition())
    await erased(
        desk,
        pb.EraseWorkspaceRequest(workspace_id=desk.workspace, confirm_workspace_id=desk.workspace),
    )
    assert files(desk) == []
    assert not (await desk.call("ListDefinitions")).definitions
    assert not (await desk.call("ListReports")).reports
    assert len(files(other)) == len((await other.call("ListReports")).reports) == 1
