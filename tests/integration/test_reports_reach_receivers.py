"""From a report that is due to whom its definition names, by whatever lies between."""

from datetime import timedelta

from shadower.ingest.v1.event_pb2 import EVENT_TYPE_REPORT_GENERATED
from shadower.notifications.v1.notifications_service_pb2 import CreateTargetRequest

from tests.support.keys import KeyRing
from tests.support.receivers import Receiver
from tests.support.reports import DAILY, HTML, PDF, Desk
from tests.support.stack import Stack


async def test_a_due_report_is_told_to_those_it_names(
    stack: Stack, keys: KeyRing, receiver: Receiver, path: str
) -> None:
    desk = Desk.of_new_workspace(stack, keys)
    for target_id in ("ops", "others"):
        await stack.stubs.notifications.CreateTarget(
            CreateTargetRequest(
                workspace_id=desk.workspace,
                target_id=target_id,
                target={
                    "name": target_id,
                    "webhook": {"url": receiver.at(f"{path}-{target_id}")},
                    "event_types": [EVENT_TYPE_REPORT_GENERATED],
                },
            ),
            metadata=desk.metadata,
        )
    kept = await desk.define(
        title="What it cost", schedule=DAILY, formats=[PDF, HTML], recipients=["ops"]
    )
    desk.set_due(kept.due_time.ToDatetime() - timedelta(days=1))
    await desk.call("GenerateDueReports")
    [got] = await receiver.take(f"{path}-ops")
    assert got.title == "Report: What it cost"
    assert "Formats: PDF, HTML" in got.content["text"]
    assert got.content["link"] == got.content["data"]["url"]
    assert f"/v1/workspaces/{desk.workspace}/reportLinks/" in got.content["link"]
    assert not receiver.got[f"{path}-others"]
