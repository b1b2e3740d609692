"""Lines of calls: together, in their order, none lost but by a kill."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from services.runtime.call_log import FEW_LINES, FLUSH_SECONDS, MOST_LINES, CallLog


def lines(file: io.BytesIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.getvalue().splitlines()]


async def test_a_line_is_written_in_a_moment() -> None:
    file = io.BytesIO()
    log = CallLog(file, service="metrics")
    log.note(partial(dict, method="/a/B", subject="o'\"\n"))
    assert file.getvalue() == b""
    await asyncio.sleep(FLUSH_SECONDS * 2)
    [line] = lines(file)
    told = datetime.fromisoformat(line.pop("timestamp"))
    assert line == {"service": "metrics", "method": "/a/B", "subject": "o'\"\n"}
    assert timedelta(0) <= datetime.now(UTC) - told < timedelta(seconds=5)


async def test_a_line_without_its_secrets_is_still_one() -> None:
    file = io.BytesIO()
    log = CallLog(file)
    log.note(partial(dict, subject='token:"x', request_id="Bearer abcdefghijklmnopqrstuvwxyz"))
    log.flush()
    [line] = lines(file)
    assert line["subject"].startswith("token:")
    assert line["request_id"] == "Bearer [redacted]"


async def test_many_lines_do_not_wait_and_keep_their_order() -> None:
    file = io.BytesIO()
    log = CallLog(file)
    for number in range(MOST_LINES + 1):
        log.note(partial(dict, number=number))
    assert [line["number"] for line in lines(file)] == list(range(MOST_LINES))
    log.flush()
    log.flush()
    assert [line["number"] for line in lines(file)] == list(range(MOST_LINES + 1))


async def test_of_many_calls_that_are_alike_most_are_only_counted() -> None:
    file = io.BytesIO()
    log = CallLog(file)
    for number in range(FEW_LINES + 30):
        log.note_or_count(f"/a/{number % 2}", numbered, number)
    log.note(partial(dict, number=-1))
    log.flush()
    log.note_or_count("/a/0", numbered, -2)
    log.flush()
    written = lines(file)
    assert [line["number"] for line in written if "number" in line] == [*range(FEW_LINES), -1, -2]
    counted = {line["method"]: line["calls"] for line in written if "calls" in line}
    assert counted == {"/a/0": 15, "/a/1": 15}


def numbered(method: str, number: int) -> dict[str, object]:
    return {"method": method, "number": number}


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
        log.note(partial(dict, number=number))
    pipe.reader = True
    log.note(partial(dict, number=-1))
    log.flush()
    assert [line["number"] for line in lines(pipe)] == [-1]
