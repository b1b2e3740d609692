"""What the documentation tells people to type, typed; what it says that comes, has to come.

Blocks of a page are run in their order in one shell, before the edge and the services. A block that
cannot be run here says why in a comment; tests/unit/test_docs.py sees to that.
"""

from collections.abc import Iterator, Sequence
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


def with_outputs(blocks: Sequence[Block]) -> Iterator[tuple[Block, Block | None]]:
    """Each block that is run or read, and the one behind it, if that shows what the first says."""
    shown = 0
    for number, block in enumerate(blocks):
        if block.excuse or number < shown:
            continue
        after = blocks[number + 1] if number + 1 < len(blocks) else None
        said = block.language in PROGRAMS and after is not None and _is_output(after)
        shown = number + 2 if said else number + 1
        yield block, after if said else None


def _is_output(block: Block) -> bool:
    return block.language in OUTPUTS and not block.excuse


async def follow(terminal: PageTerminal, block: Block) -> str:
    if block.language == "sh":
        return await terminal.runs(block.text)
    if block.language == "python":
        return await terminal.runs_python(block.text, continued=block.continues)
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
        for block, output in with_outputs(blocks):
            try:
                said = await follow(terminal, block)
            except AssertionError as error:
                raise AssertionError(f"{block.place}: {error}") from None
            assert output is None or agrees(output.text, said), f"{block.place} says:\n{said}"
