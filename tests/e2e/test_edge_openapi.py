"""The edge answers as its OpenAPI document says, whatever it is asked."""

import asyncio
from pathlib import Path

from tests.e2e.conftest import WholeWay
from tools.fuzzing.callers import WORKSPACES
from tools.fuzzing.edge import EdgeRun, fuzz_edge

INPUTS = 3


async def test_json_that_was_never_thought_of(whole_way: WholeWay, tmp_path: Path) -> None:
    """Also that a token is asked for everywhere. `make fuzz` tries more, and each rule's ends."""
    token = whole_way.keys.token(*WORKSPACES)
    address = f"http://127.0.0.1:{whole_way.port}"
    run = EdgeRun(address, token, INPUTS, seed=7, phases=("fuzzing",))
    found = await asyncio.to_thread(fuzz_edge, tmp_path, run)
    assert found.is_good, found.said
    assert int(found.counted.split()[0]) >= 20 * INPUTS
