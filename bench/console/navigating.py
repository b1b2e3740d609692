"""How long it takes from navigation until the overview is drawn."""

from dataclasses import dataclass, field

from playwright.async_api import Browser

from bench.console.browser import PATIENCE_MS, new_tab

ROUNDS = 40
OURS, FLOOR = "the stack", "a bare process: the floor"
CHARTS = 6
# Says when, since navigation, a frame was over that had all charts and tiles, and nothing to wait
# for. What was drawn in it stands in the browser's picture by then.
WATCHED = f"""
window.drawn = new Promise((drawn, failed) => {{
  const isDrawn = () => document.querySelector(".tiles .value")
    && document.querySelectorAll(".figure shadower-chart canvas").length === {CHARTS}
    && !document.querySelector(".waiting");
  const watch = new MutationObserver(() => {{
    if (!isDrawn()) return;
    watch.disconnect();
    requestAnimationFrame(() => setTimeout(() => drawn(performance.now())));
  }});
  watch.observe(document, {{ childList: true, subtree: true }});
  setTimeout(() => failed(new Error("it is not drawn")), {PATIENCE_MS});
}});
"""
DRAWN = "window.drawn"


@dataclass(frozen=True)
class Page:
    """Where the page is, and as who and in which workspace it is looked at."""

    browser: Browser
    address: str
    token: str
    workspace: str

    def url(self, name: str = "overview", query: str = "") -> str:
        return f"{self.address}/#/{self.workspace}/{name}{query}"


@dataclass
class Navigations:
    """Seconds, by where the answers come from."""

    by_name: dict[str, list[float]] = field(default_factory=lambda: {OURS: [], FLOOR: []})


async def navigated(page: Page, floor: Page) -> Navigations:
    """The two in turn, after one of each that does not count."""
    found = Navigations()
    for number in range(ROUNDS + 1):
        for name, one in ((OURS, page), (FLOOR, floor)):
            seconds = await navigation(one)
            if number:
                found.by_name[name].append(seconds)
    return found


async def navigation(page: Page) -> float:
    async with new_tab(page.browser, page.token, WATCHED) as tab:
        await tab.goto(page.url())
        milliseconds: float = await tab.evaluate(DRAWN)
    return milliseconds / 1000
