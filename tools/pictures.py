"""Takes pictures of each page of a console that runs, for somebody to look at: in two themes and
two widths.

python -m tools.pictures [FOLDER] [--address URL] [--workspace W] [--token-file FILE]
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

PAGES = (
    *("overview", "agents", "explorer", "live", "alerts", "notifications", "reports"),
    *("ingestion", "jobs", "access"),
)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1440, 390)
# Charts are drawn after their numbers are there.
DRAWN_MS = 700


def main() -> None:
    asked = _arguments().parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    token = asked.token_file.read_text().strip()
    with _browser() as browser:
        for theme in THEMES:
            for width in WIDTHS:
                page = _page(browser, theme, width)
                _sign_in(page, f"{asked.address}/#/{asked.workspace}", token)
                _take_all(page, asked.folder, f"{theme}-{width}")
                page.close()


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".screenshots"))
    parser.add_argument("--address", default="http://127.0.0.1:8080")
    parser.add_argument("--workspace", default="demo")
    parser.add_argument("--token-file", type=Path, default=Path(".shadower/token"))
    return parser


@contextmanager
def _browser() -> Iterator[Browser]:
    """Debian's Chromium: the one that Playwright would fetch is not needed."""
    program = shutil.which("chromium") or sys.exit("there is no chromium")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


def _page(browser: Browser, theme: Literal["light", "dark"], width: int) -> Page:
    return browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)


def _sign_in(page: Page, place: str, token: str) -> None:
    page.goto(place)
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in with this token").click()
    page.locator("main#content h1").wait_for()


def _take_all(page: Page, folder: Path, how: str) -> None:
    """And of the first agent that is listed."""
    place = page.url.partition("?")[0].removesuffix("/overview")
    for name in PAGES:
        page.goto(f"{place}/{name}")
        page.locator("main h1").wait_for()
        _take(page, folder / f"{name}-{how}.png")
        if name == "agents":
            page.locator(".board a").first.click()
            _take(page, folder / f"agent-{how}.png")


def _take(page: Page, path: Path) -> None:
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main()
