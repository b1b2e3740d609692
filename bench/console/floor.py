"""The floor: the same page and the same answers out of a process that does nothing else."""

import asyncio
import json
import sys
import time
from base64 import b64encode
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from playwright.async_api import Response

from bench.bare_page import RPCS, key_of, start_arguments
from bench.calling import run_beside
from bench.console.browser import new_tab
from bench.console.navigating import DRAWN, WATCHED, Page
from bench.stack import free_port

READY_SECONDS = 30


async def open_floor(opened: AsyncExitStack, page: Page) -> Page:
    folder = Path(opened.enter_context(TemporaryDirectory()))
    file, port = folder / "answers.json", free_port()
    file.write_text(json.dumps(await _answers(page)))
    run_beside(opened, start_arguments(str(file), port))
    floor = replace(page, address=f"http://127.0.0.1:{port}")
    await _until_there(floor)
    return floor


async def _answers(page: Page) -> dict[str, str]:
    """What the services answer to all that the overview asks."""
    heard: list[Response] = []

    def hear(one: Response) -> None:
        heard.append(one)

    async with new_tab(page.browser, page.token, WATCHED) as tab:
        tab.on("response", hear)
        await tab.goto(page.url())
        await tab.evaluate(DRAWN)
        return dict([await _answer(one) for one in heard if RPCS in one.url])


async def _answer(one: Response) -> tuple[str, str]:
    asked = one.request.post_data_buffer or b""
    return key_of(one.request.url, asked), b64encode(await one.body()).decode()


async def _until_there(floor: Page) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            await asyncio.to_thread(urlopen, floor.address, timeout=1)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            return
    sys.exit("the bare process does not answer")
