"""Of shadower.exports.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from shadower.exports.v1 import exports_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Chunk


@named("shadower.exports.v1.ExportFormat")
class ExportFormat(OpenEnum):
    """The form of a file."""

    UNSPECIFIED = 0
    """Stands for CSV."""
    CSV = 1
    """RFC 4180 with a header, UTF-8, rows ended by CR LF. What is not known is empty without
    quotes; metadata is a JSON object; times are UTC as RFC 3339.
    """
    PARQUET = 2
    """One table. Times are UTC to the microsecond, money is decimal, metadata a map."""
    JSONL = 3
    """A JSON object a line, with a field for each column; null is not known. Money is a
    string, as in the rest of the contract.
    """


@named("shadower.exports.v1.ExportCompression")
class ExportCompression(OpenEnum):
    """How a file of text is packed. Parquet is compressed in itself."""

    UNSPECIFIED = 0
    """Stands for gzip."""
    GZIP = 1
    """One gzip member, which ends in a checksum."""
    NONE = 2
    """Plain text. The edge may still compress its transport."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportExecutionsResponse(Message):
    """A piece of the file."""

    PROTO: ClassVar[str] = "shadower.exports.v1.ExportExecutionsResponse"
    body: Chunk
    """At most 256 KiB of it, and its content type."""


EXPORT_EXECUTIONS = Method(
    "/shadower.exports.v1.ExportsService/ExportExecutions",
    exports_service_pb2.ExportExecutionsRequest,
    exports_service_pb2.ExportExecutionsResponse,
    Chunk,
    is_idempotent=True,
    unwrap="body",
)


class ExportsApi:
    """Hands facts out in bulk, as files that other programs read."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def executions(
        self,
        *,
        interval: Interval | None = None,
        filter: common.Filter | None = None,
        format: ExportFormat | None = None,
        columns: Sequence[str] | None = None,
        spreadsheet_safe: bool = False,
        compression: ExportCompression | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[Chunk]:
        """Streams executions as one file, oldest first: all that are committed when the export
        begins, and nothing of what comes or changes later. It is read from the database as its
        reader takes it, over connections that nobody else uses. How to know that the file is
        whole: a Parquet file and a gzipped one that were cut off have no end, and programs
        refuse them. Of plain text, the header x-shadower-rows, sent before everything else,
        says how many executions the file has. If an export fails, the call's status says so,
        which HTTP hides once a download has begun; plain text then ends, unless its reader was
        too slow, in a line that is no row: an open quote, or an object that has only the field
        "error". RESOURCE_EXHAUSTED (EXPORTS_BUSY) if as many exports run as may at once, and
        CLIENT_TOO_SLOW if the reader takes nothing for a while; DEADLINE_EXCEEDED
        (EXPORT_TOO_LONG) if it does not end in time: ask for shorter intervals then.
        INVALID_ARGUMENT (FACTS_GONE) if retention may have removed some of the executions.

        :param interval: The time that counts, by start_time. If not set, the seven days up to
            the end of the present minute.
        :param filter: Which executions count. tags must be empty.
        :param format: The form of the file.
        :param columns: Fields of an execution, in the order of the file's columns, by the names
            that they have in shadower.ingest.v1.Execution; and "duration", in seconds. If
            empty, all.
        :param spreadsheet_safe: For CSV that a spreadsheet is to open: a text that it would
            take for a formula (one that begins with = + - @, a tab or a line's end) gets a
            single quote in front. Not set, texts are exactly what was recorded.
        :param compression: How CSV and JSONL are packed.
        """
        return self._caller.stream(
            EXPORT_EXECUTIONS,
            {
                "interval": interval,
                "filter": filter,
                "format": format,
                "columns": columns,
                "spreadsheet_safe": spreadsheet_safe,
                "compression": compression,
            },
            workspace,
            timeout,
        )


class AsyncExportsApi:
    """Hands facts out in bulk, as files that other programs read."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    def executions(
        self,
        *,
        interval: Interval | None = None,
        filter: common.Filter | None = None,
        format: ExportFormat | None = None,
        columns: Sequence[str] | None = None,
        spreadsheet_safe: bool = False,
        compression: ExportCompression | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[Chunk]:
        """Streams executions as one file, oldest first: all that are committed when the export
        begins, and nothing of what comes or changes later. It is read from the database as its
        reader takes it, over connections that nobody else uses. How to know that the file is
        whole: a Parquet file and a gzipped one that were cut off have no end, and programs
        refuse them. Of plain text, the header x-shadower-rows, sent before everything else,
        says how many executions the file has. If an export fails, the call's status says so,
        which HTTP hides once a download has begun; plain text then ends, unless its reader was
        too slow, in a line that is no row: an open quote, or an object that has only the field
        "error". RESOURCE_EXHAUSTED (EXPORTS_BUSY) if as many exports run as may at once, and
        CLIENT_TOO_SLOW if the reader takes nothing for a while; DEADLINE_EXCEEDED
        (EXPORT_TOO_LONG) if it does not end in time: ask for shorter intervals then.
        INVALID_ARGUMENT (FACTS_GONE) if retention may have removed some of the executions.

        :param interval: The time that counts, by start_time. If not set, the seven days up to
            the end of the present minute.
        :param filter: Which executions count. tags must be empty.
        :param format: The form of the file.
        :param columns: Fields of an execution, in the order of the file's columns, by the names
            that they have in shadower.ingest.v1.Execution; and "duration", in seconds. If
            empty, all.
        :param spreadsheet_safe: For CSV that a spreadsheet is to open: a text that it would
            take for a formula (one that begins with = + - @, a tab or a line's end) gets a
            single quote in front. Not set, texts are exactly what was recorded.
        :param compression: How CSV and JSONL are packed.
        """
        return self._caller.stream(
            EXPORT_EXECUTIONS,
            {
                "interval": interval,
                "filter": filter,
                "format": format,
                "columns": columns,
                "spreadsheet_safe": spreadsheet_safe,
                "compression": compression,
            },
            workspace,
            timeout,
        )
