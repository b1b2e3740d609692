"""Commands that ask the edge, as people type them and as programs read them."""

import asyncio
import csv
import hashlib
import io
import json
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp
from shadower.agents.v1 import agents_service_pb2 as agents
from shadower.ingest.v1 import ingest_service_pb2 as ingest
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.metrics.v1 import metrics_service_pb2 as metrics
from shadower.workspaces.v1 import workspaces_service_pb2 as workspaces
from typer.testing import CliRunner

from cli.__main__ import app
from cli.failures import ExitCode
from cli.rendering.values import ABSENT
from tests.e2e.conftest import WholeWay
from tests.support.recording import FAILED, SUCCEEDED
from tests.support.reports import JSON, Desk, definition
from tests.support.stack import Stack
from tests.support.terminal import Terminal

MARCH = datetime(2026, 3, 1, tzinfo=UTC)
NOON = MARCH + timedelta(hours=12)
DAY = ("--from", "2026-03-01", "--to", "2026-03-02")
INTERVAL = {"start_time": MARCH, "end_time": MARCH + timedelta(days=1)}
NOBODY = "01234567-89ab-4def-8123-456789abcdef"


@pytest.fixture
def terminal(whole_way: WholeWay, workspace: str, tmp_path: Path) -> Terminal:
    return Terminal(whole_way.port, whole_way.keys, workspace, tmp_path)


def runs() -> list[Execution]:
    """Twelve of two agents, every third one failed, half of them of known cost."""
    return [
        Execution(
            execution_id=f"run-{number}",
            agent_id=("writer", "reader")[number % 2],
            agent_name="שלום <b>" if number % 2 else "",
            status=FAILED if number % 3 == 0 else SUCCEEDED,
            start_time=NOON + timedelta(minutes=number),
            end_time=NOON + timedelta(minutes=number, seconds=number),
            cost_usd="0.25" if number % 2 else None,
        )
        for number in range(12)
    ]


async def recorded(way: WholeWay, workspace: str, *items: Execution) -> None:
    request = ingest.RecordExecutionsRequest(workspace_id=workspace, executions=items)
    metadata = way.keys.metadata(workspace)
    await way.stubs.ingest.RecordExecutions(request, metadata=metadata)


@pytest.fixture
async def filled(whole_way: WholeWay, terminal: Terminal) -> Terminal:
    await recorded(whole_way, terminal.workspace, *runs())
    return terminal


def spoken(message: Any) -> dict[str, Any]:
    """As the contract's JSON, without the moment of each answer."""
    told = MessageToDict(message, always_print_fields_with_no_presence=True)
    return without_moments(told)


def without_moments(told: Any) -> Any:
    if isinstance(told, list):
        return [without_moments(one) for one in told]
    if not isinstance(told, dict):
        return told
    moments = ("asOf", "completeUntil")
    return {name: without_moments(one) for name, one in told.items() if name not in moments}


async def test_programs_read_what_the_rpcs_answer(whole_way: WholeWay, filled: Terminal) -> None:
    metadata = whole_way.keys.metadata(filled.workspace)
    of = {"workspace_id": filled.workspace, "interval": INTERVAL}
    stubs = whole_way.stubs
    summary = await stubs.workspaces.GetWorkspaceSummary(
        workspaces.GetWorkspaceSummaryRequest(**of), metadata=metadata
    )
    assert without_moments(await filled.reads("summary", *DAY)) == spoken(summary)
    listed = await stubs.agents.ListAgents(agents.ListAgentsRequest(**of), metadata=metadata)
    assert without_moments(await filled.reads("agents", *DAY)) == spoken(listed)
    one = await stubs.agents.GetAgentPerformance(
        agents.GetAgentPerformanceRequest(agent_id="writer", **of), metadata=metadata
    )
    assert without_moments(await filled.reads("agents", "writer", *DAY)) == spoken(one)
    asked = metrics.GetMetricsRequest(
        metrics=["executions", "cost"], group_by=[1], granularity=2, **of
    )
    points = await stubs.metrics.GetMetrics(asked, metadata=metadata)
    words = ("query", "executions", *DAY, "--by", "agent", "--every", "hour")
    told = await filled.types(*words, "--json", "cost")
    assert without_moments(json.loads(told.stdout)) == spoken(points)


async def test_people_read_tables_with_units_and_the_zone(filled: Terminal) -> None:
    result = await filled.types("agents", *DAY, "--zone", "Asia/Tokyo", "--order", "cost")
    headings, first, second, note = result.stdout.splitlines()
    for heading in ("success [%]", "p95 [s]", "cost [USD]"):
        assert heading in headings
    assert "reader" in first
    assert " 1.5 " in first
    assert "שלום <b>" in first
    # Nobody said what the other's cost: that is not zero.
    assert "writer" in second
    assert second.split()[-4] == ABSENT
    assert "2026-03-01 21:11:00" in first
    assert note.endswith("(Asia/Tokyo)")
    table = await filled.table("query", "executions", *DAY, "--by", "agent", "--by", "status")
    counted = Counter((one.agent_id, one.status) for one in runs())
    assert {(row[2], row[3]): int(row[4]) for row in table[1:5]} == {
        (agent, "failed" if status == FAILED else "succeeded"): number
        for (agent, status), number in counted.items()
    }
    summary = (await filled.types("summary", *DAY)).stdout
    assert "66.7" in summary
    assert "1.5" in summary


async def test_names_are_no_markup(whole_way: WholeWay, terminal: Terminal) -> None:
    named = Execution(
        execution_id="x",
        agent_id="writer",
        agent_name="[red]writer[/red]",
        status=SUCCEEDED,
        start_time=NOON,
    )
    await recorded(whole_way, terminal.workspace, named)
    assert "[red]writer[/red]" in (await terminal.types("agents", *DAY)).stdout


async def test_styles_are_for_terminals_that_want_them(filled: Terminal) -> None:
    assert "\x1b" not in (await filled.types("agents", *DAY)).output
    forced = {"FORCE_COLOR": "1"}
    assert "\x1b[1m" in (await filled.types("agents", *DAY, env=forced)).stdout
    refused = {**forced, "NO_COLOR": "1"}
    assert "\x1b" not in (await filled.types("agents", *DAY, env=refused)).stdout


async def test_metrics_are_listed_with_their_units(terminal: Terminal) -> None:
    table = await terminal.table("query")
    assert ["cost", "USD"] in [row[:2] for row in table]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("agents", "nobody"), ExitCode.NOT_FOUND, "[AGENT_NOT_FOUND]"),
        (("query", "no metric!"), ExitCode.REFUSED, "metrics[0]:"),
        (("query", "cost", "--filter", "x"), ExitCode.USAGE, "--filter x"),
        (("summary", "--from", "tomorrow"), ExitCode.USAGE, "'tomorrow' is no time"),
        (("summary", "--zone", "Mars/Olympus"), ExitCode.USAGE, "no time zone"),
        (("alerts", "list", "--state", "dreamt"), ExitCode.USAGE, "triggered"),
        (("summary", "--token", "nonsense"), ExitCode.UNAUTHENTICATED, "--token-file"),
        (("summary", "--profile", "nobody"), ExitCode.CONFIGURATION, "profiles.toml"),
        (("alerts", "show", NOBODY), ExitCode.NOT_FOUND, "[ALERT_NOT_FOUND]"),
        (("keys", "revoke", "0" * 24), ExitCode.NOT_FOUND, "[API_KEY_NOT_FOUND]"),
        (("jobs", "list"), ExitCode.DENIED, "jobs:read"),
        (("reports", "download", "none"), ExitCode.NOT_FOUND, "[REPORT_NOT_FOUND]"),
        (("export", "/none/such/runs.csv"), ExitCode.OUTPUT, "/none/such/runs.csv"),
        (("export", "runs.txt"), ExitCode.USAGE, "--format"),
    ],
)
async def test_a_refusal_says_why_and_has_a_code(
    terminal: Terminal, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    result = await terminal.types(*words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output


async def test_an_edge_that_is_away_is_unavailable(terminal: Terminal) -> None:
    result = await terminal.types("summary", "--address", "http://127.0.0.1:1")
    assert result.exit_code == ExitCode.UNAVAILABLE
    assert "--address" in result.stderr


async def test_whom_the_role_does_not_let_is_denied(terminal: Terminal) -> None:
    result = await terminal.types("keys", "list", *terminal.token(role="viewer"))
    assert result.exit_code == ExitCode.DENIED
    assert "[PERMISSION_MISSING]" in result.stderr


async def test_a_profile_says_what_is_not_typed(filled: Terminal, tmp_path: Path) -> None:
    (tmp_path / "bearer").write_text(filled.keys.token(filled.workspace) + "\n")
    (tmp_path / "profiles.toml").write_text(
        'default = "here"\n[profiles.here]\n'
        f'address = "http://127.0.0.1:{filled.port}"\nworkspace = "{filled.workspace}"\n'
        f'token_file = "{tmp_path / "bearer"}"\ntime_zone = "Asia/Tokyo"\n'
    )
    runner = CliRunner(env={"SHADOWER_PROFILES": str(tmp_path / "profiles.toml")})
    result = await asyncio.to_thread(runner.invoke, app, ["agents", *DAY])
    assert result.exit_code == 0, result.output
    assert "writer" in result.stdout
    assert "(Asia/Tokyo)" in result.stdout


async def test_keys_let_in_until_they_are_revoked(terminal: Terminal) -> None:
    words = ("keys", "create", "--permission", "agents:read", "--expires", "1d", "importer")
    made = json.loads((await terminal.types(*words, "--json")).stdout)
    key_id = made["apiKey"]["apiKeyId"]
    assert (await terminal.table("keys", "list"))[1][:2] == [key_id, "importer"]
    assert (await terminal.types("agents", "--token", made["secret"])).exit_code == 0
    denied = await terminal.types("summary", "--token", made["secret"])
    assert denied.exit_code == ExitCode.DENIED
    rotated = json.loads((await terminal.types("keys", "rotate", "--json", key_id)).stdout)
    assert rotated["secret"] != made["secret"]
    assert (await terminal.types("keys", "revoke", key_id)).exit_code == 0
    assert (await terminal.reads("keys", "list"))["apiKeys"] == []


async def test_alerts_are_kept_quiet(terminal: Terminal) -> None:
    words = ("alerts", "silence", "--id", "works", "--for", "1h", "--group", "agent_id=writer")
    silence = (await terminal.reads(*words))["silence"]
    assert silence["group"] == {"agent_id": "writer"}
    listed = await terminal.reads("alerts", "silences")
    assert [one["silenceId"] for one in listed["silences"]] == ["works"]
    again = await terminal.types("alerts", "silence", "--id", "works", "--for", "2h")
    assert again.exit_code == ExitCode.CONFLICT
    assert (await terminal.types("alerts", "unsilence", "works")).exit_code == 0
    listed = await terminal.types("alerts", "rules", "list")
    assert listed.stdout.startswith("There is none.")


RULES = """
name: Agents fail
severity: SEVERITY_CRITICAL
metric: error_rate
groupBy: [DIMENSION_AGENT]
threshold: {comparator: COMPARATOR_ABOVE, threshold: 0.2}
evaluationInterval: 300s
---
ruleId: quiet
rule: {name: Nothing runs, severity: SEVERITY_INFO, metric: executions, window: 3600s, absence: {}}
"""


async def test_rules_are_what_files_say(terminal: Terminal, tmp_path: Path) -> None:
    async def applied() -> list[tuple[str, str]]:
        table = await terminal.table("alerts", "rules", "apply", "--file", str(file))
        return [(row[0], row[-1]) for row in table[1:]]

    file = tmp_path / "rules.yaml"
    file.write_text(RULES)
    assert await applied() == [("agents-fail", "created"), ("quiet", "created")]
    assert await applied() == [("agents-fail", "unchanged"), ("quiet", "unchanged")]
    file.write_text(RULES.replace("0.2", "0.4"))
    assert await applied() == [("agents-fail", "changed"), ("quiet", "unchanged")]
    rules = await terminal.reads("alerts", "rules", "list")
    assert [one["rule"].get("threshold", {}).get("threshold") for one in rules["rules"]] == [
        0.4,
        None,
    ]
    # What is listed can be applied.
    file.write_text(json.dumps(rules))
    assert {outcome for _, outcome in await applied()} == {"unchanged"}
    deleted = await terminal.types("alerts", "rules", "delete", "quiet", "agents-fail", "nothing")
    assert deleted.exit_code == 0, deleted.output
    assert (await terminal.reads("alerts", "rules", "list"))["rules"] == []


async def test_what_the_service_refuses_of_a_file_is_told(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(RULES.replace("error_rate", "no_such_metric"))
    refused = await terminal.types("alerts", "rules", "apply", "--file", str(file))
    assert refused.exit_code == ExitCode.REFUSED
    assert "no_such_metric" in refused.stderr


async def test_a_preview_shows_when_a_rule_would_have_told(
    filled: Terminal, tmp_path: Path
) -> None:
    """A third of the runs of a quarter of an hour at noon fails."""
    file = tmp_path / "rule.yaml"
    file.write_text(RULES.partition("---")[0].replace("groupBy: [DIMENSION_AGENT]\n", ""))
    words = ("alerts", "rules", "preview", *DAY, "--file", str(file))
    [told] = (await filled.reads(*words))["alerts"]
    held = [datetime.fromisoformat(told[name]) for name in ("triggerTime", "resolveTime")]
    assert held == [NOON + timedelta(minutes=5), NOON + timedelta(minutes=15)]
    table = (await filled.types(*words)).stdout.splitlines()
    assert "2026-03-01 12:05:00" in table[1]
    assert table[-1].startswith("1 alerts; judged 288 times")
    assert (await filled.reads("alerts", "rules", "list"))["rules"] == []
    await filled.types("alerts", "rules", "apply", "--file", str(file))
    kept = await filled.reads("alerts", "rules", "preview", *DAY, "agents-fail")
    assert kept["alerts"] == [told]
    for wrong in ((), ("agents-fail", "--file", str(file))):
        result = await filled.types("alerts", "rules", "preview", *wrong)
        assert result.exit_code == ExitCode.USAGE


async def test_jobs_are_run_paused_and_looked_at(whole_way: WholeWay, tmp_path: Path) -> None:
    operator = Terminal(whole_way.port, whole_way.keys, "shadower-system", tmp_path)
    token = operator.token(permissions=["jobs:read", "jobs:write"])
    jobs = json.loads((await operator.types("jobs", "list", "--json", *token)).stdout)["jobs"]
    name = jobs[0]["name"]
    try:
        paused = await operator.types("jobs", "pause", name, *token)
        assert paused.stdout.splitlines()[1].split()[:2] == [name, "paused"]
    finally:
        resumed = await operator.types("jobs", "resume", name, *token)
    assert resumed.stdout.splitlines()[1].split()[:2] == [name, "on"]
    history = await operator.types("jobs", "history", *token)
    assert history.exit_code == 0, history.output
    absent = await operator.types("jobs", "run", "dream", *token)
    assert absent.exit_code == ExitCode.NOT_FOUND


async def test_reports_are_made_and_taken_out(
    stack: Stack, whole_way: WholeWay, tmp_path: Path
) -> None:
    desk = Desk.of_new_workspace(stack, whole_way.keys)
    terminal = Terminal(whole_way.port, whole_way.keys, desk.workspace, tmp_path)
    kept = {"definitionId": "daily", "definition": MessageToDict(definition())}
    (tmp_path / "daily.json").write_text(json.dumps(kept))
    for outcome in ("created", "unchanged"):
        apply = ("reports", "apply", "--file", str(tmp_path / "daily.json"))
        table = await terminal.table(*apply)
        assert (table[1][0], table[1][-1]) == ("daily", outcome)
    made = await terminal.types("reports", "run", "--id", "one", "--wait", "daily")
    assert made.exit_code == 0, made.output
    assert made.stdout.splitlines()[1].split()[:2] == ["one", "done"]
    file = tmp_path / "one.json"
    saved = await terminal.types("reports", "download", "--json", "--output", str(file), "one")
    assert saved.exit_code == 0, saved.output
    assert json.loads(saved.stdout)["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.read_bytes() == (await desk.download("one", JSON))[1]
    absent = await terminal.types("reports", "download", "--format", "pdf", "one")
    assert absent.exit_code == ExitCode.NOT_FOUND
    assert "there is json to download" in absent.stderr


async def test_an_export_has_the_rows_that_were_recorded(filled: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "runs.csv"
    saved = await filled.types("export", *DAY, str(file))
    assert saved.exit_code == 0, saved.output
    assert "12 executions" in saved.stderr
    rows = list(csv.DictReader(io.StringIO(file.read_text(), newline="")))
    assert [(row["execution_id"], row["agent_id"], row["cost_usd"]) for row in rows] == [
        (one.execution_id, one.agent_id, one.cost_usd if one.HasField("cost_usd") else "")
        for one in runs()
    ]
    words = ("export", *DAY, "--filter", "agent=writer", "--format", "jsonl", "-")
    lines = (await filled.types(*words)).stdout.splitlines()
    assert {json.loads(line)["agent_id"] for line in lines} == {"writer"}
    assert len(lines) == 6
    words = ("export", *DAY, "--json", str(file))
    told = json.loads((await filled.types(*words)).stdout)
    assert told == {
        "path": str(file),
        "sizeBytes": str(file.stat().st_size),
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "rows": "12",
    }
    assert not list(await asyncio.to_thread(tmp_path.glob, ".*"))
    codes = [(await filled.types("export", *DAY, str(file))).exit_code for _ in range(3)]
    assert codes == [0, 0, ExitCode.BUSY]


async def test_tail_sees_an_execution_arrive_and_ends_by_ctrl_c(
    whole_way: WholeWay, terminal: Terminal
) -> None:
    process = terminal.starts("tail")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        watching = await asyncio.to_thread(process.stderr.readline)
        assert watching.startswith(f"watching {terminal.workspace}")
        now = Timestamp()
        now.GetCurrentTime()
        arrived = Execution(
            execution_id="now", agent_id="late", status=SUCCEEDED, start_time=now, end_time=now
        )
        await recorded(whole_way, terminal.workspace, arrived)
        line = await asyncio.to_thread(process.stdout.readline)
        assert line.rstrip().endswith("executions 1  agent_id=late, status=succeeded")
        process.send_signal(signal.SIGINT)
        said = await asyncio.to_thread(process.communicate, timeout=20)
    finally:
        process.kill()
    assert (process.returncode, said) == (ExitCode.INTERRUPTED, ("", ""))


async def test_tail_prints_messages_as_lines_and_ends_in_time(filled: Terminal) -> None:
    # Connecting is part of the time.
    result = await filled.types("tail", "--for", "10s", "--json")
    assert result.exit_code == 0, result.output
    snapshot = json.loads(result.stdout.splitlines()[0])
    assert snapshot["snapshot"]["interval"]
