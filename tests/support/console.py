"""The console's page in a browser, before the real edge and services."""

import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.support.keys import KeyRing
from tests.support.stack import ROOT

PATIENCE_MS = 30_000
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


@dataclass
class Visitor:
    """Somebody at the page, and all that the browser complained of."""

    page: Page
    address: str
    keys: KeyRing
    complaints: list[str] = field(default_factory=list)

    async def go(
        self, workspace: str, page: str = "overview", item: str = "", **params: str
    ) -> None:
        path = "/".join(quote(part, safe="") for part in (workspace, page, item) if part)
        query = f"?{urlencode(params)}" if params else ""
        await self.page.goto(f"{self.address}/#/{path}{query}")
        await self.page.locator("main h1").wait_for()
        # What was there before is gone by then.
        await self.page.evaluate(
            "new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"
        )

    async def sign_in(self, token: str) -> None:
        await self.page.get_by_label("Token").fill(token)
        await self.page.get_by_role("button", name="Sign in with this token").click()

    async def enter(
        self, workspace: str, page: str = "overview", item: str = "", **params: str
    ) -> None:
        """As somebody who may do everything there."""
        await self.go(workspace, page, item, **params)
        if await self.page.locator(".signing").is_visible():
            await self.sign_in(self.keys.token(workspace))
        await self.page.locator("main#content h1").wait_for()

    async def settled(self) -> None:
        """Nothing is asked for any more."""
        await self.page.locator(".waiting").first.wait_for(state="detached")

    async def tile(self, label: str) -> str:
        tile = self.page.locator(".tile", has=self.page.get_by_text(label, exact=True))
        return (await tile.locator(".value").inner_text()).strip()

    async def change(self, label: str) -> str:
        """Of a tile since the period before, in words."""
        tile = self.page.locator(".tile", has=self.page.get_by_text(label, exact=True))
        return " ".join((await tile.locator(".change").inner_text()).split())

    async def problems(self, *only: str) -> list[str]:
        """Of accessibility, by axe: those that keep somebody from something; by some rules only."""
        await self.page.evaluate(AXE.read_text())
        asked = {"resultTypes": ["violations"], **({"runOnly": list(only)} if only else {})}
        found = await self.page.evaluate("(asked) => axe.run(document, asked)", asked)
        return [
            f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
            for node in one["nodes"]
        ]


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Debian's Chromium: the one that Playwright would fetch is not needed."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no chromium")
        pytest.skip("there is no chromium")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, address: str, keys: KeyRing, **told: Any
) -> AsyncIterator[Visitor]:
    """Ends with a look at what the browser complained of: nothing."""
    context = await browser.new_context(
        **{"timezone_id": "Europe/Berlin", "locale": "en-GB"} | told
    )
    context.set_default_timeout(PATIENCE_MS)
    visitor = Visitor(await context.new_page(), address, keys)
    _listen(context, visitor)
    await context.add_init_script(VIOLATIONS)
    yield visitor
    complaints = list(visitor.complaints)
    await context.close()
    assert not complaints, "\n".join(complaints)


VIOLATIONS = """
addEventListener("securitypolicyviolation",
  (event) => console.error("policy", event.violatedDirective, event.blockedURI, event.sample));
"""


def _listen(context: BrowserContext, visitor: Visitor) -> None:
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    visitor.page.on(
        "console",
        lambda message: (
            message.type in ("error", "warning") and visitor.complaints.append(message.text)
        ),
    )
    visitor.page.on(
        "request",
        lambda request: (
            request.url.startswith((visitor.address, "blob:", "data:", "https://shadower.dev/"))
            or visitor.complaints.append(f"asked {request.url}")
        ),
    )


def sizes() -> dict[str, int]:
    """What the build has measured of its scripts."""
    told: dict[str, int] = json.loads(
        (ROOT / "gateway" / "web" / "page" / "sizes.json").read_text()
    )
    return told
