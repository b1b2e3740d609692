"""The pieces of an export make a file that is whole, or that nobody takes for whole."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from buf.validate import validate_pb2
from hypothesis import given
from hypothesis import strategies as st
from shadower.exports.v1.exports_service_pb2 import ExportExecutionsRequest

from services.reports.exports.columns import ALL, ExportColumn, rfc3339
from services.reports.exports.encoder import Encoder
from services.reports.exports.gzipped import Gzipped
from services.reports.exports.lines import CsvEncoder, JsonLinesEncoder
from services.reports.exports.parquet import ParquetEncoder
from services.reports.exports.places import Places
from services.reports.exports.streaming import PIECE_BYTES, ROWS_AT_ONCE, Patience, pieces
from services.runtime.draining import Draining
from services.runtime.faults import DeadlineExceeded, Fault, ResourceExhausted, Unavailable

COLUMNS = tuple(map(ExportColumn, ("execution_id", "error_message", "cost_usd", "metadata")))
ROW = ("run-1", 'two\r\nlines, and a "quote"', Decimal("0.000000000001"), {"a": "ü"})
TEXTS = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


class Found:
    """Rows as the database gives them, and perhaps a fault instead of the last."""

    def __init__(self, rows: Sequence[Any], fault: Fault | None = None) -> None:
        self.as_of, self.count = datetime.now(UTC), len(rows)
        self._rows, self._fault = list(rows), fault

    async def next(self, most: int) -> Sequence[Any]:
        now, self._rows = self._rows[:most], self._rows[most:]
        if not now and self._fault:
            raise self._fault
        return now


class Clock:
    """Shows another second each time that somebody looks."""

    seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


def patience(seconds: float = 1000, draining: Draining | None = None) -> Patience:
    return Patience(seconds, draining or Draining(), Clock())


async def written(found: Any, encoder: Encoder, limit: Patience | None = None) -> bytes:
    """Also what came before a fault, which is then raised."""
    return b"".join([piece async for piece in pieces(found, encoder, limit or patience())])


async def spoiled(found: Any, encoder: Encoder, limit: Patience | None = None) -> tuple[bytes, str]:
    got: list[bytes] = []
    try:
        async for piece in pieces(found, encoder, limit or patience()):
            got.append(piece)
    except Fault as fault:
        return b"".join(got), fault.reason
    pytest.fail("the export ended well")


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=20))
async def test_csv_keeps_every_text(rows: list[tuple[str | None, str | None]]) -> None:
    columns = [ExportColumn("agent_name"), ExportColumn("error_message")]
    content = await written(Found(rows), CsvEncoder(columns, spreadsheet_safe=False))
    read = read_csv(content)[1:]
    assert read == [[text or "" for text in row] for row in rows]
    safe = await written(Found(rows), CsvEncoder(columns, spreadsheet_safe=True))
    for text in (cell for row in read_csv(safe)[1:] for cell in row):
        assert not text.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


async def test_each_form_has_each_value() -> None:
    [_, row] = read_csv(await written(Found([ROW]), CsvEncoder(COLUMNS, spreadsheet_safe=False)))
    assert row == ["run-1", ROW[1], "0.000000000001", '{"a":"ü"}']
    told = json.loads(await written(Found([ROW]), JsonLinesEncoder(COLUMNS)))
    assert told == {
        "execution_id": "run-1",
        "error_message": ROW[1],
        "cost_usd": "0.000000000001",
        "metadata": {"a": "ü"},
    }
    table = pq.read_table(io.BytesIO(await written(Found([ROW]), ParquetEncoder(COLUMNS, {}))))
    assert table.to_pylist() == [told | {"cost_usd": ROW[2], "metadata": [("a", "ü")]}]


async def test_what_is_packed_is_the_same_file() -> None:
    rows = [(f"run-{number}", *ROW[1:]) for number in range(3 * ROWS_AT_ONCE)]
    plain = await written(Found(rows), JsonLinesEncoder(COLUMNS))
    packed = await written(Found(rows), Gzipped(JsonLinesEncoder(COLUMNS)))
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 5


async def test_parquet_is_written_in_groups_and_large_files_in_pieces() -> None:
    columns = (ExportColumn("execution_id"),)
    rows = [(f"run-{number}-{'x' * 500}",) for number in range(120 * ROWS_AT_ONCE)]
    encoder = ParquetEncoder(columns, {"rows": str(len(rows))})
    got = [piece async for piece in pieces(Found(rows), encoder, patience())]
    assert max(map(len, got)) <= PIECE_BYTES
    file = pq.ParquetFile(io.BytesIO(b"".join(got)))
    assert file.num_row_groups > 1
    assert file.read().to_pydict() == {"execution_id": [row[0] for row in rows]}


async def test_nothing_at_all_is_one_piece() -> None:
    got = [piece async for piece in pieces(Found([]), JsonLinesEncoder(COLUMNS), patience())]
    assert got == [b""]


@pytest.mark.parametrize("ends", ["fault", "late", "draining"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "gzip"])
async def test_what_is_not_whole_cannot_be_read_as_if_it_were(ends: str, form: str) -> None:
    draining = Draining()
    if ends == "draining":
        draining.set()
    gone = Unavailable("DATABASE_UNAVAILABLE", "gone")
    reasons = {"fault": gone.reason, "late": "EXPORT_TOO_LONG", "draining": "SERVER_DRAINING"}
    encoder: Encoder = {
        "csv": lambda: CsvEncoder(COLUMNS, spreadsheet_safe=False),
        "jsonl": lambda: JsonLinesEncoder(COLUMNS),
        "parquet": lambda: ParquetEncoder(COLUMNS, {}),
        "gzip": lambda: Gzipped(JsonLinesEncoder(COLUMNS)),
    }[form]()
    found = Found([ROW] * 2 * ROWS_AT_ONCE, gone if ends == "fault" else None)
    limit = patience(0.5 if ends == "late" else 1000, draining)
    content, reason = await spoiled(found, encoder, limit)
    assert reason == reasons[ends]
    if form == "csv":
        with pytest.raises(csv.Error):
            read_csv(content)
    elif form == "jsonl":
        assert json.loads(content.splitlines()[-1]) == {"error": reason}
    elif form == "gzip":
        with pytest.raises(EOFError):
            gzip.decompress(content)
    else:
        with pytest.raises(pa.ArrowInvalid):
            pq.read_table(io.BytesIO(content))


async def test_lateness_is_told() -> None:
    with pytest.raises(DeadlineExceeded, match=r"longer than 0\.5 s"):
        await written(Found([ROW] * ROWS_AT_ONCE), JsonLinesEncoder(COLUMNS), patience(0.5))


def test_places_are_for_different_workspaces() -> None:
    places = Places(2)
    with places.taken("a"), pytest.raises(ResourceExhausted), places.taken("a"):
        pass
    with places.taken("a"), places.taken("b"), pytest.raises(ResourceExhausted), places.taken("c"):
        pass
    with places.taken("a"), places.taken("c"):
        pass


def test_times_are_utc_to_the_microsecond() -> None:
    assert rfc3339(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"


def test_all_columns_are_those_of_the_contract() -> None:
    field = ExportExecutionsRequest.DESCRIPTOR.fields_by_name["columns"]
    rules = field.GetOptions().Extensions[validate_pb2.field].repeated
    named = list(getattr(rules.items.string, "in"))
    assert named == [column.name for column in ALL]
    assert rules.max_items == len(ALL)
