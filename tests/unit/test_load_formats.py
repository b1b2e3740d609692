"""Rows of files, broken ones included, and going on in the middle."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.failures import CommandError, UsageError
from cli.load.formats import opened
from cli.load.kinds import EXECUTIONS
from cli.load.mapping import same_names
from cli.load.rows import Row


def rows(path: Path, skip: int = 0, *, named: str | None = None) -> list[Row]:
    with opened(path, named) as source:
        return list(source.rows(skip))


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_json_lines_name_every_broken_line(tmp_path: Path) -> None:
    path = written(
        tmp_path / "a.jsonl",
        b'\xef\xbb\xbf{"a": 1}\r\n\n{"a": NaN}\n\xff\xfe\n[]\n' + b"[" * 100_000 + b'\n{"a": 2}',
    )
    found = rows(path)
    assert [row.line for row in found] == [1, 3, 4, 5, 6, 7]
    assert [row.content for row in found] == [{"a": 1}, None, None, None, None, {"a": 2}]
    assert all(row.trouble for row in found if row.content is None)


def test_a_line_too_long_for_any_request_is_skipped_whole(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * (9 * 1024 * 1024) + b'"}'
    found = rows(written(tmp_path / "a.jsonl", long + b'\n{"a": 2}\n'))
    assert [(row.line, row.content) for row in found] == [(1, None), (2, {"a": 2})]


def test_csv_rows_know_their_first_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", b'a,b\n1,"two\nlines"\n\n3\n4,\xff\n5,6\n')
    found = rows(path)
    assert [(row.number, row.line) for row in found] == [(1, 2), (2, 5), (3, 6), (4, 7)]
    assert found[0].content == {"a": "1", "b": "two\nlines"}
    assert found[1].trouble == "1 cells under 2 columns"
    assert found[2].trouble == "not UTF-8"
    assert found[3].content == {"a": "5", "b": "6"}


@pytest.mark.parametrize("content", [b"", b"a,a\n1,2\n"])
def test_csv_needs_distinct_columns(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError):
        rows(written(tmp_path / "a.csv", content))


def test_parquet_keeps_types(tmp_path: Path) -> None:
    content: dict[str, Any] = {
        "execution_id": ["r-1"],
        "agent_id": ["a"],
        "status": ["failed"],
        "started_at": [datetime(2025, 1, 1, tzinfo=UTC)],
        "input_tokens": [12],
        "cost_usd": pa.array([0.25]),
        "metadata": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
    }
    pq.write_table(pa.table(content), tmp_path / "a.parquet")
    item: Any = same_names(EXECUTIONS).item(rows(tmp_path / "a.parquet")[0])
    assert item.start_time.seconds == 1735689600
    assert (item.input_tokens, item.cost_usd, dict(item.metadata)) == (12, "0.25", {"k": "v"})


def test_what_is_no_parquet_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read as Parquet"):
        rows(written(tmp_path / "a.parquet", b"nothing"))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("skip", [0, 1, 1000, 1001, 2499, 2500, 9999])
def test_reading_goes_on_after_any_row(tmp_path: Path, suffix: str, skip: int) -> None:
    path = tmp_path / f"a.{suffix}"
    numbers = list(range(1, 2501))
    if suffix == "parquet":
        pq.write_table(pa.table({"n": numbers}), path)
    elif suffix == "csv":
        path.write_text("n\n" + "".join(f"{n}\n" for n in numbers))
    else:
        path.write_text("".join(f'{{"n": {n}}}\n' for n in numbers))
    found = [int((row.content or {})["n"]) for row in rows(path, skip)]
    assert found == numbers[skip:]


def test_a_format_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path / "a.txt", b'{"a": 1}\n')
    with pytest.raises(UsageError, match="--format"):
        rows(path)
    assert len(rows(path, named="jsonl")) == 1
