"""Streams what there is to download, as a file that no browser opens in the edge's name."""

from collections.abc import AsyncIterator, Callable, Collection
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from shadower.reports.v1.report_definition_pb2 import REPORT_FORMAT_UNSPECIFIED

from services.reports.definitions import format_name, may_name_users, read
from services.reports.document import Format
from services.reports.rendering import EXTENSIONS
from services.runtime.call import Context
from services.runtime.faults import NotFound, PermissionDenied
from services.runtime.objects import Objects
from services.warehouse.reports.reports import File, KeptReport

SIZE, SHA256 = "x-shadower-size", "x-shadower-sha256"
"""Headers, by which whoever has a whole file knows that."""
NAMES = "aggregates:read"
"""What lets its holder see by users what he asks himself."""


def check_sees(kept: KeptReport, permissions: Collection[str]) -> None:
    """Raises PermissionDenied if it may name users, whom its reader may not see otherwise."""
    if NAMES not in permissions and may_name_users(read(kept.definition)):
        raise PermissionDenied(
            "PERMISSION_MISSING",
            f"the report may name users, and the token lacks the permission {NAMES}",
            metadata={"permission": NAMES},
        )


def file_of(kept: KeptReport, number: int) -> File:
    """In a format of the contract, or in the first. Raises NotFound."""
    name = "" if number == REPORT_FORMAT_UNSPECIFIED else format_name(number)
    found = next((one for one in kept.files if name in ("", one.format)), None)
    if kept.state != "done" or found is None:
        raise _nothing(kept.report_id, kept.state)
    return found


async def stream(
    objects: Objects, kept: KeptReport, file: File, context: Context, answer: Callable[..., Any]
) -> AsyncIterator[Any]:
    """Answers with its parts. Raises NotFound if it was deleted a moment ago."""
    parts = objects.read(file.key)
    # Nothing is said to be there before it is.
    first = await anext(parts)
    name = f"{kept.report_id}.{EXTENSIONS[Format(file.format)]}"
    disposition = f'attachment; filename="{name}"'
    # Over HTTP a stream that breaks off ends like one that is whole.
    whole = ((SIZE, str(file.size)), (SHA256, file.sha256))
    await context.send_initial_metadata((("content-disposition", disposition), *whole))
    yield answer(body=HttpBody(content_type=file.content_type, data=first))
    async for part in parts:
        yield answer(body=HttpBody(data=part))


def _nothing(report_id: str, state: str) -> NotFound:
    return NotFound(
        "REPORT_CONTENT_NOT_FOUND",
        f"there is nothing to download of report {report_id}, which is {state}, in that format",
        metadata={"reportId": report_id, "state": state},
    )
