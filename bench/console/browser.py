"""Chromium, and profiles of it in which nothing is known."""

import json
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Page as Tab

PATIENCE_MS = 60_000
WINDOW = {"width": 1440, "height": 900}
# What stands in the tab's own store after signing in; so each navigation is that of a known person.
SIGNED_IN = "sessionStorage.setItem('shadower.session', {session})"


async def open_browser(opened: AsyncExitStack) -> Browser:
    """Debian's, as the tests have it. Exits if there is none."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("there is no chromium: apt-get install chromium")
    playwright = await opened.enter_async_context(async_playwright())
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    browser = await playwright.chromium.launch(executable_path=program, args=arguments)
    opened.push_async_callback(browser.close)
    return browser


@asynccontextmanager
async def new_tab(browser: Browser, token: str, *scripts: str) -> AsyncIterator[Tab]:
    """Of a profile of its own, whose owner is signed in; it runs scripts before those of a page."""
    sizes: Any = WINDOW
    context = await browser.new_context(viewport=sizes, timezone_id="UTC", locale="en-GB")
    try:
        context.set_default_timeout(PATIENCE_MS)
        for script in (_signed_in(token), *scripts):
            await context.add_init_script(script)
        yield await context.new_page()
    finally:
        await context.close()


def _signed_in(token: str) -> str:
    session = json.dumps({"token": token, "received": time.time() * 1000, "life": 3_600_000})
    return SIGNED_IN.format(session=json.dumps(session))
