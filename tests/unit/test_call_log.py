"""Lines of calls: together, in their order, none lost but by a kill."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta

from services.runtime.call_log import FLUSH_SECONDS, MOST_LINES, CallLog


def lines(file: io.BytesIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


async def test_a_line_is_written_in_a_moment() -> None:
    file = io.BytesIO()
    log = CallLog(file, service="metrics")
    log.write(method="/a/B", subject="o'\"\n")
    assert file.getvalue() == b""
    await asyncio.sleep(FLUSH_SECONDS * 2)
    [line] = lines(file)
    told = datetime.fromisoformat(line.pop("timestamp"))
    assert line == {"service": "metrics", "method": "/a/B", "subject": "o'\"\n"}
    assert timedelta(0) <= datetime.now(UTC) - told < timedelta(seconds=5)


async def test_many_lines_do_not_wait_and_keep_their_order() -> None:
    file = io.BytesIO()
    log = CallLog(file)
    for number in range(MOST_LINES + 1):
        log.write(number=number)
    assert [line["number"] for line in lines(file)] == list(range(MOST_LINES))
    log.flush()
    log.flush()
    assert [line["number"] for line in lines(file)] == list(range(MOST_LINES + 1))


class Gone(io.BytesIO):
    """A pipe whose reader is no more."""

    def write(self, _data: object) -> int:
        raise BrokenPipeError


async def test_calls_go_on_when_nobody_reads_their_lines() -> None:
    log = CallLog(Gone())
    for number in range(MOST_LINES * 3 + 1):
        log.write(number=number)
    log.flush()
