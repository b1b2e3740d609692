"""One request is one trace, from the edge to the database and to those who are told of it."""

import json
import secrets
from typing import Any

from tests.e2e.conftest import WholeWay
from tests.support.collector import Collector, Trace
from tests.support.stack import Stack

SUMMARY = "shadower.workspaces.v1.WorkspacesService/GetWorkspaceSummary"
RECORD = "shadower.ingest.v1.IngestService/RecordExecutions"


def traced() -> tuple[str, dict[str, str]]:
    """The id of a trace, and the header of a caller in it who wants it to be recorded."""
    trace_id = secrets.token_hex(16)
    return trace_id, {"traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}


async def test_debug(whole_way: WholeWay, collector: Collector, workspace: str, stack: Stack) -> None:
    trace_id, headers = traced()
    answer = await whole_way.http.get(
        f"/v1/workspaces/{workspace}/summary",
        params={"interval.startTime": "2026-01-01T00:00:00Z", "interval.endTime": "2026-01-02T00:00:00Z"},
        headers=whole_way.bearer(workspace) | headers,
    )
    print(answer.status_code, answer.text[:300])
    import asyncio
    await asyncio.sleep(4)
    for s in sorted(collector.trace(trace_id).spans, key=lambda s: s.start):
        print(s.service, s.kind, s.name, (s.end-s.start)/1e6, collector.trace(trace_id).path(s), s.attributes, s.failure)
    print([l for l in stack.running["workspaces"].log.read_text().splitlines() if trace_id in l])
    assert 0
