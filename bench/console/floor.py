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

import httpx
from playwright.async_api import Request

from bench.bare_page import RPCS, key_of, start_arguments
from bench.calling import run_beside
from bench.console.browser import new_tab
from bench.console.navigating import DRAWN, WATCHED, Page
from bench.stack import free_port

READY_SECONDS = 30
SENT = ("authorization", "content-type", "x-grpc-web", "x-user-agent")


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
    asked: list[Request] = []

    def hear(one: Request) -> None:
        asked.append(one)

    async with (
        new_tab(page.browser, page.token, WATCHED) as tab,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        tab.on("request", hear)
        await tab.goto(page.url())
        await tab.evaluate(DRAWN)
        return dict([await _answer(http, one) for one in asked if RPCS in one.url])


async def _answer(http: httpx.AsyncClient, asked: Request) -> tuple[str, str]:
    """Asked once more, since a browser keeps nothing of what a script reads as a stream."""
    question, headers = asked.post_data_buffer or b"", await asked.all_headers()
    sent = {name: headers[name] for name in SENT if name in headers}
    answer = await http.post(asked.url, content=question, headers=sent)
    answer.raise_for_status()
    return key_of(asked.url, question), b64encode(answer.content).decode()


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
