"""Lines of calls: together, in their order, none lost but by a kill."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

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


class Pipe(io.BytesIO):
    """Raises as long as nobody reads."""

    reader = False

    def write(self, data: Any) -> int:
        if not self.reader:
            raise BrokenPipeError
        return super().write(data)


async def test_calls_go_on_while_nobody_reads_and_their_lines_do_not_pile_up() -> None:
    pipe = Pipe()
    log = CallLog(pipe)
    for number in range(MOST_LINES * 3):
        log.write(number=number)
    pipe.reader = True
    log.write(number=-1)
    log.flush()
    assert [line["number"] for line in lines(pipe)] == [-1]
