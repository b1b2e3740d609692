"""What a caller without a token says of himself is believed by nobody before his secret is."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from shadower.reports.v1.reports_service_pb2 import OpenReportLinkRequest

from services.reports import servicer
from services.runtime.audit import AuditEntry
from services.runtime.call import Call
from services.runtime.contract import method_contract
from services.runtime.faults import PermissionDenied
from services.runtime.interceptors.audit import Audit
from services.runtime.interceptors.authorisation import Authorisation
from services.runtime.interceptors.denials import MOST_ENTRIES_OF_NOBODY

OPEN: Any = method_contract("/shadower.reports.v1.ReportsService/OpenReportLink")


def call_of(workspace: str, *, is_let_in: bool = False) -> Call:
    call = Call(OPEN, None, {}, request_id=uuid.uuid4().hex)  # type: ignore[arg-type]
    Authorisation(None).admit(call, OpenReportLinkRequest(workspace_id=workspace))  # type: ignore[arg-type]
    call.is_let_in = is_let_in
    return call


@pytest.mark.parametrize(
    ("named", "known"), [("acme", "acme"), ("a" * 10_000, ""), ("a b", ""), ("\n", ""), ("", "")]
)
def test_what_is_no_name_of_a_workspace_gets_into_no_log(named: str, known: str) -> None:
    assert call_of(named).workspace_id == known


async def test_openings_that_fail_or_are_abandoned_fill_no_log() -> None:
    written = list[AuditEntry]()

    async def write(some: Sequence[AuditEntry]) -> None:
        written.extend(some)

    audit = Audit(write)
    for _ in range(20):
        audit.abandoned(call_of("acme"))
        await audit.fail(call_of("acme"), PermissionDenied("REPORT_LINK_INVALID", "no"))
    await audit._writing.flush()
    assert len(written) == MOST_ENTRIES_OF_NOBODY
    assert all(one.is_of_stranger for one in written)
    written.clear()
    # Whose secret is good is somebody: each opening is told, whatever became of it.
    for _ in range(20):
        audit.abandoned(call_of("acme", is_let_in=True))
    await audit._writing.flush()
    assert (len(written), any(one.is_of_stranger for one in written)) == (20, False)


class Busy:
    """A database whose connections are all taken."""

    @asynccontextmanager
    async def writing(self, workspace_id: str) -> AsyncIterator[None]:
        await asyncio.sleep(60)
        yield


async def test_who_opens_a_link_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer, "LOOK_UP_SECONDS", 0.05)
    reports = servicer.ReportsServicer(Busy(), None)  # type: ignore[arg-type]
    async with asyncio.timeout(10):
        with pytest.raises(TimeoutError):
            await anext(reports.OpenReportLink(OpenReportLinkRequest(), None))  # type: ignore[arg-type]
