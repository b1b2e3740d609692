"""ExportsService: executions in bulk, as files that stream."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from importlib import import_module

from google.api.httpbody_pb2 import HttpBody
from shadower.exports.v1 import exports_service_pb2 as pb
from shadower.exports.v1.exports_service_pb2_grpc import ExportsServiceServicer

from services.reports.exports.columns import ALL, ExportColumn, rfc3339
from services.reports.exports.encoder import Encoder
from services.reports.exports.gzipped import Gzipped
from services.reports.exports.lines import CsvEncoder, JsonLinesEncoder
from services.reports.exports.places import Places
from services.reports.exports.streaming import Patience, pieces
from services.runtime.call import Context
from services.runtime.pool import Pool
from services.translation import requests
from services.warehouse.exports.executions import (
    ExecutionsQuery,
    FoundExecutions,
    found_executions,
)
from services.warehouse.queries.interval import Interval
from services.warehouse.queries.selection import Selection

PARQUET = "services.reports.exports.parquet"


class ExportsServicer(ExportsServiceServicer):
    """Translates between the contract and executions as they are stored."""

    def __init__(self, pool: Pool, places: Places, patience: Patience) -> None:
        self._pool = pool
        self._places = places
        self._patience = patience

    async def ExportExecutions(
        self, request: pb.ExportExecutionsRequest, context: Context
    ) -> AsyncIterator[pb.ExportExecutionsResponse]:
        interval = requests.interval(request)
        columns = tuple(map(ExportColumn, request.columns)) or ALL
        query = ExecutionsQuery(
            request.workspace_id,
            Selection(interval, requests.fact_filter(request.filter)),
            tuple(column.name for column in columns),
        )
        with self._places.taken(request.workspace_id):
            async with found_executions(self._pool, query) as found:
                encoder = _encoder(request, columns, _about(request, interval, found))
                await context.send_initial_metadata(_headers(request, interval, encoder, found))
                async with aclosing(pieces(found, encoder, self._patience)) as file:
                    async for piece in file:
                        yield _response(encoder, piece)


def _encoder(
    request: pb.ExportExecutionsRequest, columns: tuple[ExportColumn, ...], about: dict[str, str]
) -> Encoder:
    if request.format == pb.EXPORT_FORMAT_PARQUET:
        # Its library takes more memory than all else here, and not everybody asks for it.
        made: Encoder = import_module(PARQUET).ParquetEncoder(columns, about)
        return made
    plain = _text_encoder(request, columns)
    return plain if request.compression == pb.EXPORT_COMPRESSION_NONE else Gzipped(plain)


def _text_encoder(
    request: pb.ExportExecutionsRequest, columns: tuple[ExportColumn, ...]
) -> Encoder:
    if request.format == pb.EXPORT_FORMAT_JSONL:
        return JsonLinesEncoder(columns)
    return CsvEncoder(columns, spreadsheet_safe=request.spreadsheet_safe)


def _about(
    request: pb.ExportExecutionsRequest, interval: Interval, found: FoundExecutions
) -> dict[str, str]:
    return {
        "workspace_id": request.workspace_id,
        "start_time": rfc3339(interval.start),
        "end_time": rfc3339(interval.end),
        "as_of": rfc3339(found.as_of),
        "rows": str(found.count),
    }


def _headers(
    request: pb.ExportExecutionsRequest,
    interval: Interval,
    encoder: Encoder,
    found: FoundExecutions,
) -> tuple[tuple[str, str], ...]:
    """Browsers save the answer as a file; and everybody learns what makes it whole."""
    period = f"{_stamp(interval.start)}-{_stamp(interval.end)}"
    name = f"executions-{request.workspace_id}-{period}.{encoder.extension}"
    return (
        ("content-disposition", f'attachment; filename="{name}"'),
        ("x-shadower-rows", str(found.count)),
        ("x-shadower-as-of", rfc3339(found.as_of)),
    )


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _response(encoder: Encoder, piece: bytes) -> pb.ExportExecutionsResponse:
    return pb.ExportExecutionsResponse(body=HttpBody(content_type=encoder.content_type, data=piece))
