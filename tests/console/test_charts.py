"""A bar of a chart stands for its day: it begins where the day does on the clock of the zone that
somebody chose, is as long as that day, and is told of wherever somebody points at it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.support.console import Visitor

BERLIN = ZoneInfo("Europe/Berlin")
START, END = (datetime(2026, 10, day, tzinfo=BERLIN).timestamp() for day in (20, 28))
HOUR = 3_600
SHARE = 0.8
# Of which day runs begin when, and how many hours that day has.
DAYS = {24: 24, 25: 25, 26: 24}
# From a column of a picture's last line of bars to the next that has another colour.
BARS = """(chart) => {
  const canvas = chart.querySelector("canvas");
  const over = chart.querySelector(".u-over").getBoundingClientRect();
  const all = canvas.getBoundingClientRect();
  const scale = canvas.width / all.width;
  const line = Math.round((over.bottom - all.top - 2) * scale);
  const pixels = canvas.getContext("2d").getImageData(0, line, canvas.width, 1).data;
  const [r, g, b] = [29, 78, 216];
  const isBar = (at) => Math.abs(pixels[4 * at] - r) + Math.abs(pixels[4 * at + 1] - g)
    + Math.abs(pixels[4 * at + 2] - b) < 60 && pixels[4 * at + 3] > 128;
  const bars = [];
  for (let at = 0; at <= canvas.width; at++) {
    if (isBar(at) && !isBar(at - 1)) bars.push([at]);
    if (!isBar(at) && isBar(at - 1)) bars.at(-1).push(at);
  }
  const left = (over.left - all.left) * scale;
  return bars.map((ends) => ends.map((at) => (at - left) / (over.width * scale)));
}"""


def runs(*days: int) -> list[dict[str, Any]]:
    """One of each day, which begins in its last hour."""
    ends = {day: datetime(2026, 10, day, 23, 30, tzinfo=BERLIN).isoformat() for day in days}
    status = "EXECUTION_STATUS_SUCCEEDED"
    return [
        {"executionId": f"{day}", "agentId": "a", "status": status, "startTime": at, "endTime": at}
        for day, at in ends.items()
    ]


async def shown(visitor: Visitor, owner: httpx.AsyncClient, workspace: str, *days: int) -> Locator:
    await visitor.page.emulate_media(color_scheme="light")
    await owner.post("/executions:batch", json={"executions": runs(*days)})
    await visitor.enter(workspace, range="2026-10-20T00:00..2026-10-28T00:00", zone="Europe/Berlin")
    figure = visitor.page.get_by_role("region", name="Executions", exact=True).first
    await expect(figure.locator("shadower-chart canvas")).to_be_visible()
    return figure


def place(day: int, hours: float) -> float:
    """So many hours into a day, as a share of the time that is shown."""
    began = datetime(2026, 10, day, tzinfo=BERLIN).timestamp()
    return (began + hours * HOUR - START) / (END - START)


@pytest.mark.parametrize("days", [(24, 25, 26), (25,), (24, 26)])
async def test_a_bar_spans_its_day(
    visitor: Visitor, owner: httpx.AsyncClient, workspace: str, days: tuple[int, ...]
) -> None:
    figure = await shown(visitor, owner, workspace, *days)
    chart = figure.locator("shadower-chart")
    found = await chart.evaluate(BARS)
    # A pixel to each side.
    width = (await chart.locator(".u-over").bounding_box() or {})["width"]
    expected = [(place(day, 0), place(day, SHARE * DAYS[day])) for day in days]
    assert len(found) == len(expected), found
    for ends, wanted in zip(found, expected, strict=True):
        assert ends == pytest.approx(wanted, abs=1.5 / width)


async def test_whoever_points_at_a_bar_is_told_of_its_day(
    visitor: Visitor, owner: httpx.AsyncClient, workspace: str
) -> None:
    figure = await shown(visitor, owner, workspace, 24, 25)
    for hours in (1, 12, 19):
        await point(visitor.page, figure, place(25, hours))
        await expect(figure.locator(".told")).to_contain_text("25 Oct 2026, 00:00: Executions 1")
    await point(visitor.page, figure, place(26, 1))
    await expect(figure.locator(".told")).to_be_empty()
    await point(visitor.page, figure, place(24, 23))
    await expect(figure.locator(".told")).to_contain_text("24 Oct 2026, 00:00: Executions 1")
    await visitor.page.mouse.move(1, 1)
    await expect(figure.locator(".told")).to_be_empty()


async def point(page: Page, figure: Locator, share: float) -> None:
    box = await figure.locator(".u-over").bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
