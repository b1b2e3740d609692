"""Has the service that makes reports erase its own: definitions, reports, links and files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import grpc
from shadower.reports.v1.reports_service_pb2 import DESCRIPTOR, EraseReportsRequest

from services.runtime.faults import Unavailable
from services.runtime.mesh_tokens import MeshTokens
from services.warehouse.erasure.erasures import Erasure

SERVICE = DESCRIPTOR.services_by_name["ReportsService"].full_name
SUBJECT = "upkeep"
PERMISSION = "report_erasures:write"
SECONDS = 240.0
"""A store may have many files. Less than who has us do that waits, so that he hears of it."""


@dataclass(frozen=True)
class ReportsThere:
    """An EraseThere."""

    stub: Any
    tokens: MeshTokens

    async def erase(self, erasure: Erasure) -> Mapping[str, int]:
        """Raises Unavailable: it is asked again later."""
        token = self.tokens.issue(SUBJECT, erasure.workspace_id, [PERMISSION])
        request = EraseReportsRequest(
            workspace_id=erasure.workspace_id, user_id=erasure.user_id or ""
        )
        metadata = (("authorization", f"Bearer {token.text}"),)
        try:
            erased = await self.stub.EraseReports(request, metadata=metadata, timeout=SECONDS)
        except grpc.aio.AioRpcError as failed:
            code = failed.code().name
            raise Unavailable(
                "SERVICE_UNREACHABLE", f"reports could not be erased: {code} {failed.details()}"
            ) from failed
        return {
            "report_definitions": erased.definitions,
            "reports": erased.reports,
            "report_links": erased.links,
            "report_files": erased.objects,
            "names_in_reports": erased.names,
        }
