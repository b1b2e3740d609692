"""What the documentation tells people to type, typed; what it says that comes, has to come.

Blocks of a page are run in their order in one shell, before the edge and the services. A block that
cannot be run here says why in a comment; tests/unit/test_docs.py sees to that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pytest

from tests.e2e.conftest import RUNNING, WholeWay
from tests.support.pages.blocks import GENERATED, Block, blocks_of, pages
from tests.support.pages.outputs import agrees
from tests.support.pages.reading import READERS
from tests.support.pages.terminal import PageTerminal, page_terminal
from tests.support.runs import DATA

PROGRAMS = ("sh", "python")
OUTPUTS = ("", "json")
pytestmark = pytest.mark.skipif(bool(RUNNING), reason="needs the key of tokens")


@dataclass(frozen=True)
class Step:
    """A block to run or to read, and what a page shows of its output."""

    block: Block
    output: Block | None = None
    goes_on: bool = False
    """Whether a later block is the rest of its program, which is run there."""


def steps_of(blocks: Sequence[Block]) -> Iterator[Step]:
    pending = [block for block in blocks if not block.excuse]
    while pending:
        block = pending.pop(0)
        says = block.language in PROGRAMS and pending and pending[0].language in OUTPUTS
        output = pending.pop(0) if says else None
        yield Step(block, output, goes_on=output is None and _goes_on(block, pending))


def _goes_on(block: Block, behind: Sequence[Block]) -> bool:
    same = (one for one in behind if one.language == block.language)
    return any(one.continues for one in islice(same, 1))


async def follow(terminal: PageTerminal, step: Step) -> str:
    block = step.block
    if block.language == "sh":
        return await terminal.runs(block.text)
    if block.language == "python":
        terminal.writes_python(block.text, continued=block.continues)
        return "" if step.goes_on else await terminal.runs_python()
    READERS[block.language](block.text)
    return ""


def needs_data(blocks: Sequence[Block]) -> bool:
    return any("../shared/data/" in block.text for block in blocks)


RUN = [
    page
    for page in pages()
    if page not in GENERATED and any(not block.excuse for block in blocks_of(page))
]


@pytest.mark.parametrize("page", RUN)
async def test_a_page_does_what_it_says(page: str, whole_way: WholeWay, tmp_path: Path) -> None:
    blocks = blocks_of(page)
    if needs_data(blocks) and not DATA.exists():
        pytest.skip("the data it loads is not here")
    async with page_terminal(tmp_path, whole_way.port, whole_way.keys) as terminal:
        for step in steps_of(blocks):
            place = step.block.place
            try:
                said = await follow(terminal, step)
            except AssertionError as error:
                raise AssertionError(f"{place}: {error}") from None
            assert step.output is None or agrees(step.output.text, said), f"{place} says:\n{said}"
