"""Whether scrolling is smooth: how long the longest tasks and frames are meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playwright.async_api import Browser
from playwright.async_api import Page as Tab

from bench.console.browser import new_tab
from bench.console.histories import BOARD, BOARD_AGENTS, BOARD_HOURS
from bench.console.navigating import DRAWN, WATCHED, Page
from bench.stack import Stack

# As fast as somebody swings a wheel, with a rest now and then, in which more is fetched and drawn.
SCROLL = """
async ([where, step, every, rest]) => {
  const scrolled = document.querySelector(where) ?? document.scrollingElement;
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  const wait = (ms) => new Promise((over) => setTimeout(over, ms));
  const tasks = [], frames = [];
  const observer = new PerformanceObserver((seen) => tasks.push(...seen.getEntries()));
  await wait(1000);
  observer.observe({ type: "longtask" });
  let before = performance.now(), rested = 0;
  const bottom = () => scrolled.scrollHeight - scrolled.clientHeight;
  for (let patience = 50; patience > 0; ) {
    const at = scrolled.scrollTop;
    scrolled.scrollTop = at + step;
    const now = await frame();
    frames.push(now - before);
    before = now;
    if (scrolled.scrollTop - rested >= every || scrolled.scrollTop >= bottom() - 1) {
      rested = scrolled.scrollTop;
      if (scrolled.scrollTop >= bottom() - 1) patience -= 10; else patience = 50;
      await wait(rest);
      before = performance.now();
    }
  }
  await wait(rest);
  for (const entry of observer.takeRecords()) tasks.push(entry);
  observer.disconnect();
  const lengths = tasks.map((one) => one.duration);
  return {
    pixels: Math.round(scrolled.scrollTop),
    frames: frames.length,
    longTasks: lengths.filter((one) => one > 50).length,
    longestTask: Math.max(0, ...lengths),
    longestFrame: Math.max(0, ...frames),
  };
}
"""
STEP_PIXELS = 120
REST_EVERY_PIXELS = 6_000
REST_MS = 400


@dataclass(frozen=True)
class Scrolled:
    """What was scrolled through, and what the browser says of the time."""

    what: str
    pixels: int
    frames: int
    long_tasks: int
    longest_task_ms: float
    longest_frame_ms: float


async def scrolled_through(browser: Browser, stack: Stack, end: datetime) -> list[Scrolled]:
    page = Page(browser, stack.edge, stack.token(BOARD), BOARD)
    start, until = (f"{one:%Y-%m-%dT%H:%M}" for one in (end - BOARD_HOURS, end))
    query = f"?range={start}..{until}&zone=UTC"
    async with new_tab(browser, page.token, WATCHED) as tab:
        await tab.goto(page.url("agents", query))
        await tab.locator(".board svg.sparkline").first.wait_for()
        board = await _scroll(tab, ".board", f"{BOARD_AGENTS:,} agents")
    async with new_tab(browser, page.token, WATCHED) as tab:
        await tab.goto(page.url("overview", query))
        await tab.evaluate(DRAWN)
        charts = await _scroll(tab, "none", "charts of 100 points")
    return [board, charts]


async def _scroll(tab: Tab, where: str, what: str) -> Scrolled:
    told: Any = await tab.evaluate(SCROLL, [where, STEP_PIXELS, REST_EVERY_PIXELS, REST_MS])
    return Scrolled(
        what=what,
        pixels=told["pixels"],
        frames=told["frames"],
        long_tasks=told["longTasks"],
        longest_task_ms=told["longestTask"],
        longest_frame_ms=told["longestFrame"],
    )
