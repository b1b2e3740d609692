"""What a row becomes, counted beside a reading of the file that shares no code with it."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shadower.common.v1.execution_pb2 import ErrorType, ExecutionStatus
from shadower.ingest.v1.event_pb2 import EventType

from cli.failures import UsageError
from cli.load.formats import opened
from cli.load.kinds import EVENTS, EXECUTIONS, METRIC_POINTS
from cli.load.mapping import FieldMapping, UnusableRowError, same_names
from cli.load.mapping_file import clock, described, read_mapping
from cli.load.rows import Row

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
EXAMPLES = ROOT / "examples"

needs_data = pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")


def mapped(mapping: FieldMapping, **content: Any) -> Any:
    return mapping.item(Row(7, 7, content))


def items(file: str, mapping: FieldMapping) -> dict[str, Any]:
    with opened(DATA / file, None) as source:
        found = [mapping.item(row) for row in source.rows(0)]
    return {item.execution_id: item for item in found}  # type: ignore[attr-defined]


def example(name: str) -> FieldMapping:
    return read_mapping(EXAMPLES / name, None)


def raw_runs(file: str) -> dict[str, Any]:
    rows = [json.loads(line) for line in (DATA / file).read_text().splitlines()]
    return {row["run_id"]: row for row in rows}


@needs_data
def test_outcomes_of_real_runs_are_those_that_their_readme_counts() -> None:
    found = items("agent_runs.jsonl", example("terminal_bench.toml"))
    statuses = Counter(ExecutionStatus.Name(item.status) for item in found.values())
    assert statuses == {
        "EXECUTION_STATUS_SUCCEEDED": 523,
        "EXECUTION_STATUS_TIMED_OUT": 369,
        "EXECUTION_STATUS_FAILED": 636,
    }
    assert not any(item.HasField("input_tokens") for item in found.values())
    assert not any(item.user_id for item in found.values())


@needs_data
def test_every_field_of_real_runs_arrives() -> None:
    found = items("agent_runs.jsonl", example("terminal_bench.toml"))
    for run_id, row in raw_runs("agent_runs.jsonl").items():
        item = found[run_id]
        assert (item.agent_id, item.model) == (row["agent"], row["model"])
        assert dict(item.metadata) == {"task": row["task"], "trial": row["trial"]}
        assert item.start_time.ToDatetime(UTC) == datetime.fromisoformat(row["started_at"])
        assert item.end_time.ToDatetime(UTC) == datetime.fromisoformat(row["ended_at"])
        judged = row["resolved"] is not None
        assert not (judged and item.error_type == ErrorType.ERROR_TYPE_UNKNOWN)


@needs_data
def test_token_counts_of_zero_on_both_sides_are_unknown_and_others_are_kept() -> None:
    mapping = example("terminal_bench_tokens.toml").with_constants(
        {"start_time": "2025-08-01T00:00:00Z"}
    )
    found = items("agent_runs_tokens.jsonl", mapping)
    for run_id, row in raw_runs("agent_runs_tokens.jsonl").items():
        reported = bool(row["input_tokens"] or row["output_tokens"])
        assert found[run_id].HasField("input_tokens") == reported
        if reported:
            assert found[run_id].input_tokens == row["input_tokens"]
            assert found[run_id].output_tokens == row["output_tokens"]
        assert not found[run_id].HasField("end_time")


@needs_data
def test_requests_without_ids_are_told_apart_by_their_row() -> None:
    found = items("llm_requests.csv", example("llm_requests.toml"))
    rows = (DATA / "llm_requests.csv").read_text().splitlines()[1:]
    assert len(found) == len(rows) == 19366
    first = found["req-1"]
    assert first.start_time.ToJsonString() == "2023-11-16T18:15:46.680590Z"
    assert (first.input_tokens, first.output_tokens) == (374, 44)
    total = sum(int(row.split(",")[1]) for row in rows)
    assert sum(item.input_tokens for item in found.values()) == total


@pytest.mark.parametrize(
    ("resolved", "failure_mode", "status", "error_type"),
    [
        (True, "unset", "SUCCEEDED", "UNSPECIFIED"),
        (True, "agent_timeout", "SUCCEEDED", "UNSPECIFIED"),
        (False, "agent_timeout", "TIMED_OUT", "UNSPECIFIED"),
        (None, "test_timeout", "TIMED_OUT", "UNSPECIFIED"),
        (False, "unset", "FAILED", "UNSPECIFIED"),
        (False, "parse_error", "FAILED", "UNSPECIFIED"),
        (None, "unset", "FAILED", "UNKNOWN"),
    ],
)
def test_the_first_rule_that_fits_decides(
    resolved: bool | None, failure_mode: str, status: str, error_type: str
) -> None:
    item = mapped(example("terminal_bench.toml"), resolved=resolved, failure_mode=failure_mode)
    assert ExecutionStatus.Name(item.status) == f"EXECUTION_STATUS_{status}"
    assert ErrorType.Name(item.error_type) == f"ERROR_TYPE_{error_type}"


@pytest.mark.parametrize("tokens", [(0, 0), (None, None)])
def test_absent_is_not_zero(tokens: tuple[int | None, int | None]) -> None:
    row = dict(zip(("input_tokens", "output_tokens"), tokens, strict=True))
    assert not mapped(example("terminal_bench.toml"), **row).HasField("output_tokens")
    known = mapped(example("terminal_bench.toml"), input_tokens=0, output_tokens=3)
    assert known.HasField("input_tokens")


@pytest.mark.parametrize("name", ["start_time", "startTime", "started_at", "startedAt"])
def test_usual_names_need_no_mapping(name: str) -> None:
    item = mapped(same_names(EXECUTIONS), **{name: "2025-01-01T02:00:00+02:00"})
    assert item.start_time.ToJsonString() == "2025-01-01T00:00:00Z"


def test_a_nested_field_is_reached_by_its_path() -> None:
    mapping = same_names(EXECUTIONS).with_fields({"input_tokens": ("usage.prompt",)})
    assert mapped(mapping, usage={"prompt": 12}).input_tokens == 12
    assert not mapped(mapping, usage=None).HasField("input_tokens")


def test_exact_amounts_stay_exact(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"cost_usd": 0.0000001, "credits": 100000000000.000000000001}'
    )
    with opened(tmp_path / "a.jsonl", None) as source:
        item: Any = same_names(EXECUTIONS).item(next(source.rows(0)))
    assert (item.cost_usd, item.credits) == ("0.0000001", "100000000000.000000000001")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ({"start_time": "yesterday"}, "start_time: "),
        ({"start_time": "2025-01-01T00:00:00"}, "start_time: 2025-01-01 00:00:00 has no zone"),
        ({"start_time": 1735689600}, "start_time: 1735689600 has no unit"),
        ({"status": "exploded"}, "status field: Invalid enum value"),
        ({"status": 3}, "status: 3 is no name of ExecutionStatus"),
        ({"input_tokens": "many"}, "input_tokens"),
        ({"input_tokens": 1.5}, "input_tokens"),
        ({"input_tokens": True}, "input_tokens"),
        ({"agent_id": ["a"]}, "agent_id: ['a'] is no text"),
        ({"agent_id": "\ud800"}, "agent_id field"),
        ({"metadata": "text"}, "metadata: "),
        ({"metadata": [1]}, "metadata: "),
    ],
)
def test_a_wrong_value_is_refused_by_name(content: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UnusableRowError) as refused:
        mapped(same_names(EXECUTIONS), **content)
    assert complaint in str(refused.value)


def test_a_zone_is_given_to_times_that_have_none_only() -> None:
    mapping = described({"time_zone": "Europe/Berlin", "fields": {"start_time": "at"}})
    naive = mapped(mapping, at="2025-07-01 12:00:00")
    assert naive.start_time.ToJsonString() == "2025-07-01T10:00:00Z"
    assert mapped(mapping, at="2025-07-01T12:00:00Z").start_time.seconds == 1751371200


def test_numbers_are_times_in_the_unit_that_is_given() -> None:
    mapping = described({"time_unit": "milliseconds", "fields": {"start_time": "at"}})
    assert mapped(mapping, at=1735689600123).start_time.ToJsonString() == "2025-01-01T00:00:00.123Z"


def test_points_and_events_are_mapped_too() -> None:
    point = mapped(
        same_names(METRIC_POINTS),
        metric="queue.depth",
        value="3.5",
        time="2025-01-01T00:00:00Z",
        tags={"queue": 7},
    )
    assert (point.metric_type, point.value, dict(point.tags)) == (
        "queue.depth",
        3.5,
        {"queue": "7"},
    )
    event = mapped(
        same_names(EVENTS),
        type="credit.threshold_reached",
        timestamp="2025-01-01T00:00:00Z",
        data={"left": 5, "of": [1, None, {"deep": True}]},
    )
    assert event.type == EventType.EVENT_TYPE_CREDIT_THRESHOLD_REACHED
    assert event.data["left"] == 5


def test_a_template_lacking_a_field_leaves_its_target_out() -> None:
    mapping = described({"templates": {"execution_id": "{host}-{row}"}})
    assert mapped(mapping, host="a").execution_id == "a-7"
    assert mapped(mapping).execution_id == ""


@pytest.mark.parametrize(
    "table",
    [
        {"kinds": "executions"},
        {"kind": "dreams"},
        {"fields": {"colour": "c"}},
        {"fields": {"agent_id": 3}},
        {"fields": {"agent_id": {"part": "x"}}},
        {"rules": {"status": [{"when": {"a": 1}}]}},
        {"rules": {"status": [{"when": {"a": {"like": 1}}, "value": "failed"}]}},
        {"rules": {"status": "failed"}},
        {"absent": [{"fields": ["agent_id"]}]},
        {"absent": [{"fields": ["colour"], "when": {}}]},
        {"templates": {"agent_id": 3}},
        {"constants": []},
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(table: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        described(table)


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UsageError):
        clock("Mars/Olympus")
