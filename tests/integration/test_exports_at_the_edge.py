"""Exports as a download: by HTTP, through the edge, with its own process behind."""

import asyncio
import csv
import gzip
import io
import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from shadower.exports.v1 import exports_service_pb2 as pb

from cli.edge.model import EdgeModel, Issuer, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.exports import END, FEW, MANY, NAME, START, Exports, running_exports
from tests.support.keys import AUDIENCE, ISSUER
from tests.support.stack import Environment

MIB = 1024 * 1024


@pytest.fixture(scope="module")
async def edge(
    exports: Exports, jwks_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Edge]:
    async with edge_before(exports, jwks_file, tmp_path_factory.mktemp("edge")) as running:
        yield running


def edge_before(
    exports: Exports, jwks_file: Path, folder: Path
) -> AbstractAsyncContextManager[Edge]:
    model = EdgeModel(
        upstreams=(Upstream(NAME, (exports.running.address,)),),
        issuers=(Issuer(ISSUER, AUDIENCE, jwks_file),),
        descriptor=folder / "contract.binpb",
    )
    return running_edge(folder, model, Keys())


def download(
    edge: Edge, exports: Exports, workspace: str, **asked: str
) -> AbstractAsyncContextManager[httpx.Response]:
    plain = {"compression": "EXPORT_COMPRESSION_NONE"}
    parameters = {"interval.start_time": START, "interval.end_time": END, **plain, **asked}
    return edge.anonymous.stream(
        "GET",
        f"/v1/workspaces/{workspace}/executions:export",
        params=parameters,
        headers={
            "authorization": f"Bearer {exports.keys.token(workspace, role='analyst')}",
            "accept-encoding": "identity",
        },
        timeout=30,
    )


async def test_a_download_streams_a_whole_file(edge: Edge, exports: Exports) -> None:
    async with download(edge, exports, "many") as reply:
        parts = [part async for part in reply.aiter_raw()]
    content = b"".join(parts)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert reply.headers["content-disposition"].startswith('attachment; filename="executions-many-')
    rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    assert len(rows) - 1 == int(reply.headers["x-shadower-rows"]) > MANY
    assert len(content) > 5 * MIB
    assert content == await exports.file("many")


async def test_a_download_has_its_form_columns_and_filter(edge: Edge, exports: Exports) -> None:
    asked = {
        "format": "EXPORT_FORMAT_PARQUET",
        "columns": "cost_usd",
        "filter.agent_ids": "agent-1",
    }
    async with download(edge, exports, "few", **asked) as reply:
        table = pq.read_table(io.BytesIO(await reply.aread()))
    assert reply.headers["content-type"] == "application/vnd.apache.parquet"
    assert table.column_names == ["cost_usd"]
    assert table.num_rows == len([n for n in range(1, FEW + 1) if n % 9 == 1])


async def test_a_refusal_is_json(edge: Edge, exports: Exports) -> None:
    async with download(edge, exports, "few", columns="password") as reply:
        body = await reply.aread()
    assert reply.status_code == 400, body
    assert reply.json()["details"][0]["reason"] == "VALIDATION_FAILED"


async def test_a_download_is_cut_off_visibly_if_its_process_dies(
    exports: Exports, jwks_file: Path, tmp_path: Path
) -> None:
    """HTTP says itself that the file is not whole."""
    (tmp_path / "logs").mkdir()
    environment = Environment(exports.database_url, jwks_file, tmp_path / "logs")
    async with (
        running_exports(environment, exports.keys) as own,
        edge_before(own, jwks_file, tmp_path) as edge,
        download(edge, own, "many") as reply,
    ):
        parts = reply.aiter_raw()
        await anext(parts)
        own.running.process.send_signal(signal.SIGKILL)
        with pytest.raises(httpx.RemoteProtocolError):
            async with asyncio.timeout(10):
                [_ async for _ in parts]


async def test_a_packed_download_is_the_same_file(edge: Edge, exports: Exports) -> None:
    packed = {"format": "EXPORT_FORMAT_JSONL", "compression": "EXPORT_COMPRESSION_GZIP"}
    async with download(edge, exports, "few", **packed) as reply:
        content = b"".join([part async for part in reply.aiter_raw()])
    assert reply.headers["content-type"] == "application/gzip"
    assert reply.headers["content-disposition"].endswith('.jsonl.gz"')
    plain = await exports.file("few", format=pb.EXPORT_FORMAT_JSONL)
    assert gzip.decompress(content) == plain


async def test_who_reads_too_slowly_finds_fewer_rows_than_were_told(
    edge: Edge, exports: Exports
) -> None:
    """HTTP hides why a download ends, and whoever does not read cannot be told."""
    async with download(edge, exports, "many", format="EXPORT_FORMAT_JSONL") as reply:
        parts = reply.aiter_bytes()
        begin = await anext(parts)
        # Longer than the process bears.
        await asyncio.sleep(4)
        cut = begin + b"".join([part async for part in parts])
    assert reply.status_code == 200
    assert 0 < cut.count(b"\n") < int(reply.headers["x-shadower-rows"])
