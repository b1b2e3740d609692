"""Nothing is cut off where there is room for it, and what belongs together stands in a line: on the
screen of a desk and on that of a phone."""

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.console.conftest import WORKSPACE
from tests.support.console import Visitor

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
# What an element has more than it shows: to the side, and below.
HIDDEN = "(one) => [one.scrollWidth - one.clientWidth, one.scrollHeight - one.clientHeight]"
# Where the labels of fields begin that stand on one line, line by line.
LABELS = """(form) => {
  const lines = new Map();
  for (const label of form.querySelectorAll(":scope > label:not(.box)")) {
    const field = label.querySelector("input, select").getBoundingClientRect();
    const line = Math.round(field.bottom / 8);
    const top = label.querySelector("span").getBoundingClientRect().top;
    lines.set(line, [...(lines.get(line) ?? []), Math.round(top)]);
  }
  return [...lines.values()];
}"""


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_a_heat_map_shows_all_of_its_day(
    visitor: Visitor, runs: list[Any], span: dict[str, str], size: Any
) -> None:
    await visitor.page.set_viewport_size(size)
    await visitor.enter(WORKSPACE, "agents", "support", **span)
    heatmap = visitor.page.get_by_role("region", name="Executions by hour and weekday")
    await expect(heatmap).to_be_visible()
    assert await heatmap.evaluate(HIDDEN) == [0, 0]
    hours = heatmap.get_by_role("columnheader")
    assert await hours.all_inner_texts() == [str(hour) for hour in range(24)]
    whole = await visitor.page.evaluate("document.documentElement.scrollWidth")
    assert whole == size["width"]


async def test_a_table_of_limits_does_not_end_amid_a_row(visitor: Visitor, workspace: str) -> None:
    await visitor.page.set_viewport_size(DESK)
    await visitor.enter(workspace, "access")
    limits = visitor.page.get_by_role("region", name="Limits", exact=True).last
    await expect(limits.locator("tbody tr").nth(10)).to_be_visible()
    assert await limits.evaluate(HIDDEN) == [0, 0]


@pytest.mark.parametrize("size", [DESK, PHONE])
async def test_labels_of_a_form_stand_in_a_line(
    visitor: Visitor, workspace: str, size: Any
) -> None:
    page = visitor.page
    await page.set_viewport_size(size)
    await visitor.enter(workspace, "reports")
    await page.get_by_role("button", name="New definition").click()
    form = page.get_by_role("region", name="New definition").locator("form")
    await form.get_by_role("combobox", name="Made", exact=True).select_option("every week")
    await in_line(form, size)
    await visitor.go(workspace, "alerts")
    await in_line(page.get_by_role("region", name="New rule").locator("form"), size)
    await visitor.go(workspace, "explorer")
    await in_line(page.locator("form.card"), size)


async def in_line(form: Locator, size: dict[str, int]) -> None:
    await expect(form.locator("label select").first).to_be_visible()
    lines = await form.evaluate(LABELS)
    assert max(map(len, lines)) > 1, lines
    assert [line for line in lines if len(set(line)) > 1] == []
    right = await form.evaluate("(one) => one.scrollWidth - one.clientWidth")
    assert right == 0, size
