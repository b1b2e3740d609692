"""Rendering beside the event loop: bounded, and not harmed by what happens to a child."""

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from services.reports.document import Column, Document, Format, Section, Table
from services.reports.rendering import Renderer, open_renderer
from services.reports.rendering import renderer as module
from services.reports.rendering.bounds import MAX_CELLS
from services.reports.rendering.render import render
from services.reports.rendering.renderer import RenderingError
from services.runtime.faults import ResourceExhausted
from tests.support.documents import hostile_report, monthly_report

QUICK = (Format.JSON, Format.CSV)


@pytest.fixture
async def renderer() -> AsyncIterator[Renderer]:
    async with open_renderer() as opened:
        yield opened
    assert children() == []


def children() -> list[psutil.Process]:
    return [
        one
        for one in psutil.Process().children()
        if "services.reports.rendering.child" in one.cmdline()
    ]


def wide(cells: int) -> Document:
    rows = ((0,) * 1000,) * (cells // 1000)
    columns = tuple(Column(str(number)) for number in range(1000))
    return Document(
        **{**_fields(), "sections": (Section("a", "A", tables=(Table("T", columns, rows),)),)}
    )


def _fields() -> dict:
    report = monthly_report()
    return {name: getattr(report, name) for name in Document.__slots__}


async def test_a_child_renders_as_we_do_and_knows_no_secret(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:secret@host/database")
    report = hostile_report()
    files = await renderer.render_each(report, QUICK)
    assert files == [render(report, one) for one in QUICK]
    [child] = children()
    assert "DATABASE_URL" not in child.environ()
    assert child.nice() > psutil.Process().nice()
    assert await renderer.render(monthly_report(), Format.JSON) == render(
        monthly_report(), Format.JSON
    )
    assert children() == [child]


async def test_what_is_too_large_is_refused_and_the_child_goes_on(renderer: Renderer) -> None:
    with pytest.raises(ResourceExhausted) as caught:
        await renderer.render(wide(MAX_CELLS + 1000), Format.JSON)
    assert caught.value.reason == "REPORT_TOO_LARGE"
    assert await renderer.render(monthly_report(), Format.JSON)


async def test_what_takes_too_long_is_stopped() -> None:
    async with open_renderer(seconds=0.05) as hasty:
        with pytest.raises(ResourceExhausted, match="longer than"):
            await hasty.render(monthly_report(), Format.HTML)
        assert children() == []


async def test_a_child_that_dies_harms_one_rendering(renderer: Renderer) -> None:
    await renderer.render(monthly_report(), Format.JSON)
    [child] = children()
    rendering = asyncio.create_task(renderer.render(wide(MAX_CELLS), Format.JSON))
    await asyncio.sleep(0.05)
    child.kill()
    with pytest.raises(RenderingError):
        await rendering
    assert await renderer.render(monthly_report(), Format.JSON)
    [fresh] = children()
    fresh.kill()
    # Time to hear of it.
    await asyncio.sleep(0.2)
    assert await renderer.render(monthly_report(), Format.JSON)


async def test_a_rendering_that_nobody_waits_for_is_stopped(renderer: Renderer) -> None:
    rendering = asyncio.create_task(renderer.render(wide(MAX_CELLS), Format.JSON))
    while not children():  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.01)
    rendering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rendering
    assert children() == []


async def test_renderings_wait_their_turn(renderer: Renderer) -> None:
    reports = [renderer.render(monthly_report(), Format.JSON) for _ in range(5)]
    assert len(set(await asyncio.gather(*reports))) == 1
    assert len(children()) == 1


async def test_an_idle_child_gives_its_memory_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.1)
    async with open_renderer() as renderer:
        await renderer.render(monthly_report(), Format.JSON)
        async with asyncio.timeout(5):
            while children():  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.02)
        assert await renderer.render(monthly_report(), Format.JSON)
