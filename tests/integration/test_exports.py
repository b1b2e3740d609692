"""Exports are what plain SQL over the facts says, whole or recognisably not."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import grpc
import psutil
import psycopg
import pyarrow.parquet as pq
import pytest
from shadower.common.v1.filter_pb2 import Filter
from shadower.exports.v1 import exports_service_pb2 as pb

from services.warehouse.exports.executions import COLUMNS
from tests.support.documents import HOSTILE
from tests.support.errors import refused
from tests.support.exports import FEW, MANY, Exports

MIB = 1024 * 1024
# Of many rows, more than all that lies between a process and its reader can hold.
LARGE = {"format": pb.EXPORT_FORMAT_JSONL}
EXPORTING = """
    from pg_stat_activity
    where datname = current_database() and application_name = 'shadower' and xact_start is not null
        and query ilike '%%executions%%'
"""
OPEN_TRANSACTIONS = f"select count(*) as number {EXPORTING}"


def as_contract(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the table by the names of the contract."""
    plain = {name: row[column] for name, column in COLUMNS.items()}
    micros = plain["duration"]
    return plain | {"duration": None if micros is None else micros / 1_000_000}


def table_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


def as_text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value) if not isinstance(value, Decimal) else format(value, "f")


async def test_csv_is_what_is_stored(exports: Exports) -> None:
    call = exports.call("few")
    headers = dict(await call.initial_metadata())
    content = b"".join([reply.body.data async for reply in call])
    header, *rows = table_of(content)
    expected = [as_contract(row) for row in exports.raw("few")]
    assert header == list(COLUMNS)
    assert rows == [[as_text(*pair) for pair in row.items()] for row in expected]
    assert content.endswith(b"\r\n")
    assert int(headers["x-shadower-rows"]) == len(rows) == FEW + len(HOSTILE)
    assert headers["content-disposition"] == (
        'attachment; filename="executions-few-20260301T000000Z-20260303T000000Z.csv"'
    )


async def test_csv_tells_no_text_from_none(exports: Exports) -> None:
    content = await exports.file("few", columns=["agent_name", "agent_id"])
    lines = content.split(b"\r\n")
    assert lines.count(b'"",hostile') == len(HOSTILE)
    assert lines.count(b",agent-1") > 0


async def test_json_lines_are_what_is_stored(exports: Exports) -> None:
    content = await exports.file("few", format=pb.EXPORT_FORMAT_JSONL)
    rows = [json.loads(line) for line in content.decode().splitlines()]
    for row, stored in zip(rows, exports.raw("few"), strict=True):
        expected = as_contract(stored)
        told = {name: as_text(name, value) or None for name, value in expected.items()}
        kept = ("metadata", "duration", "agent_name", "error_message")
        numbers = [name for name, value in expected.items() if isinstance(value, int)]
        assert row == told | {name: expected[name] for name in (*kept, *numbers)}


async def test_parquet_is_what_is_stored(exports: Exports) -> None:
    content = await exports.file("few", format=pb.EXPORT_FORMAT_PARQUET)
    table = pq.read_table(io.BytesIO(content))
    rows = [row | {"metadata": dict(row["metadata"])} for row in table.to_pylist()]
    expected = [as_contract(row) for row in exports.raw("few")]
    assert rows == expected
    assert str(table.schema.field("start_time").type) == "timestamp[us, tz=UTC]"
    assert table.schema.metadata[b"rows"] == str(len(rows)).encode()


async def test_columns_and_filter_are_heeded(exports: Exports) -> None:
    columns = ["model", "execution_id"]
    asked = Filter(agent_ids=["agent-3", "agent-4"], models=["model-1"])
    [header, *rows] = table_of(await exports.file("few", columns=columns, filter=asked))
    expected = exports.sql(
        "select model, execution_id from shadower.executions where workspace_id = 'few' and"
        " agent_id in ('agent-3', 'agent-4') and model = 'model-1'"
        " order by started_at, execution_id"
    )
    assert header == columns
    assert rows == [[row["model"], row["execution_id"]] for row in expected]
    assert rows


async def test_nothing_found_is_a_whole_file(exports: Exports) -> None:
    nobody = Filter(agent_ids=["nobody"])
    assert len(table_of(await exports.file("few", filter=nobody))) == 1
    assert await exports.file("few", filter=nobody, format=pb.EXPORT_FORMAT_JSONL) == b""
    content = await exports.file("few", filter=nobody, format=pb.EXPORT_FORMAT_PARQUET)
    assert pq.read_table(io.BytesIO(content)).num_rows == 0


async def test_formulas_are_exact_unless_a_spreadsheet_is_to_read_them(exports: Exports) -> None:
    asked = {"columns": ["error_message"], "filter": Filter(agent_ids=["hostile"])}
    exact = [row[0] for row in table_of(await exports.file("few", **asked))[1:]]
    safe = [
        row[0] for row in table_of(await exports.file("few", **asked, spreadsheet_safe=True))[1:]
    ]
    assert exact == list(HOSTILE)
    assert safe == [f"'{text}" if text[0] in "=+-@" else text for text in HOSTILE]


async def test_a_snapshot_is_exported_whatever_changes_meanwhile(exports: Exports) -> None:
    exports.fill("changing", MANY)
    before = exports.sql(
        "select execution_id from shadower.executions where workspace_id = 'changing'"
        " order by started_at, execution_id"
    )
    file = aiter(exports.call("changing", **LARGE))
    first = (await anext(file)).body.data
    # Few rows, and the last ones: whoever does not read for long is let go.
    late = "where workspace_id = 'changing' and started_at > timestamptz '2026-03-02T08:00:00Z'"
    exports.sql(f"update shadower.executions set agent_id = 'changed' {late}")
    exports.sql(f"delete from shadower.executions {late} and execution_id like '%%7'")
    rest = [reply.body.data async for reply in file]
    rows = [json.loads(line) for line in b"".join([first, *rest]).splitlines()]
    assert [row["execution_id"] for row in rows] == [row["execution_id"] for row in before]
    assert "changed" not in {row["agent_id"] for row in rows}


async def test_memory_does_not_grow_with_the_export(exports: Exports) -> None:
    process = psutil.Process(exports.running.process.pid)
    for form in (pb.EXPORT_FORMAT_CSV, pb.EXPORT_FORMAT_PARQUET):
        await exports.file("few", format=form)
    before, most, size = process.memory_info().rss, 0, 0
    async for reply in exports.call("many", format=pb.EXPORT_FORMAT_JSONL):
        size += len(reply.body.data)
        most = max(most, process.memory_info().rss)
    assert size > 16 * MIB
    assert most - before < 16 * MIB


async def test_a_cancelled_export_lets_go_of_everything(exports: Exports) -> None:
    call = exports.call("many", **LARGE)
    await call.read()
    assert exports.sql(OPEN_TRANSACTIONS)[0]["number"] == 1
    call.cancel()
    await released(exports)
    assert len(table_of(await exports.file("many", columns=["status"]))) > MANY


async def released(exports: Exports) -> None:
    async with asyncio.timeout(5):
        while exports.sql(OPEN_TRANSACTIONS)[0]["number"]:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_who_does_not_read_is_let_go(exports: Exports) -> None:
    call = exports.call("many", **LARGE)
    await call.read()
    await released(exports)
    assert (await refused(collected(call, []))).reason == "CLIENT_TOO_SLOW"


async def collected(call: Any, found: list[bytes]) -> None:
    """Keeps also what comes before a fault."""
    while (reply := await call.read()) is not grpc.aio.EOF:
        found.append(reply.body.data)


async def test_an_export_whose_database_goes_away_is_no_good_file(exports: Exports) -> None:
    call = exports.call("many", **LARGE)
    content = (await call.read()).body.data
    exports.sql(f"select pg_terminate_backend(pid) {EXPORTING}")
    found: list[bytes] = []
    cut = await refused(collected(call, found))
    assert (cut.code, cut.reason) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    *whole, last = b"".join([content, *found]).splitlines()
    assert json.loads(last) == {"error": "DATABASE_UNAVAILABLE"}
    assert {json.loads(line)["agent_id"][:6] for line in whole} == {"agent-"}
    assert len(table_of(await exports.file("many", columns=["status"]))) > MANY


async def test_a_workspace_has_one_export_at_a_time(exports: Exports) -> None:
    running = exports.call("many", **LARGE)
    await running.read()
    busy = await refused(exports.call("many").read())
    assert (busy.code, busy.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "EXPORTS_BUSY")
    assert busy.retry_seconds
    assert len(table_of(await exports.file("few"))) > FEW
    running.cancel()
    await released(exports)


async def test_rows_of_others_are_never_exported(exports: Exports) -> None:
    [_, *rows] = table_of(await exports.file("others", columns=["execution_id"]))
    assert len(rows) == FEW + len(HOSTILE)
    denied = exports.stub.ExportExecutions(
        pb.ExportExecutionsRequest(workspace_id="few"), metadata=exports.keys.metadata("others")
    )
    assert (await refused(denied.read())).reason == "WORKSPACE_DENIED"
    for role in ("member", "viewer"):
        weak = await refused(exports.call("few", role=role).read())
        assert weak.reason == "PERMISSION_MISSING"


async def test_the_role_of_exports_sees_one_workspace_and_changes_nothing(exports: Exports) -> None:
    with psycopg.connect(exports.database_url) as connection:
        connection.execute("set role shadower_exporter")
        connection.execute("set search_path to shadower")
        connection.execute("select set_workspace('few')")
        seen = connection.execute("select distinct workspace_id from executions").fetchall()
        assert seen == [("few",)]
        for forbidden in (
            "delete from executions",
            "select * from events",
            "select * from api_keys",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(forbidden)


@pytest.mark.parametrize(
    "asked", [{"columns": ["workspace_id"]}, {"columns": ["status"] * 2}, {"format": 9}]
)
async def test_what_cannot_be_exported_is_refused(exports: Exports, asked: dict[str, Any]) -> None:
    found = await refused(exports.call("few", **asked).read())
    assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
