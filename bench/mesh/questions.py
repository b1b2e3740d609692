"""What is asked, each of another interval, so that none is a repetition."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from bench import runs
from bench.overload.client import request_bytes
from bench.raising import raise_limits
from bench.stack import Stack

WORKSPACE = "bench"
EXECUTIONS = 1_000
QUESTIONS = 20_000


async def questions(stack: Stack) -> list[bytes]:
    token, end = stack.token(WORKSPACE), datetime.now(UTC)
    made = runs.generated_runs(EXECUTIONS, end)
    await runs.load(stack.address_of("ingest"), token, WORKSPACE, made)
    await raise_limits(stack, [WORKSPACE])
    return [request_bytes(_question(end, number), token) for number in range(QUESTIONS)]


def _question(end: datetime, number: int) -> str:
    start = end - timedelta(days=runs.DAYS, milliseconds=number)
    between = {"interval.startTime": start, "interval.endTime": end}
    asked = {name: f"{time:%Y-%m-%dT%H:%M:%S.%f}Z" for name, time in between.items()}
    return f"/v1/workspaces/{WORKSPACE}/metrics?{urlencode({'metrics': 'executions', **asked})}"
