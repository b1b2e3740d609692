"""Workers are told of files that are there."""

import pytest

from tests.support.sharing import SHARED, unit_of
from tests.support.stack import ROOT


@pytest.mark.parametrize("fixture", SHARED)
def test_each_pattern_names_files_that_one_worker_runs(fixture: str) -> None:
    for pattern in SHARED[fixture]:
        files = [str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)]
        assert files
        assert {unit_of(file) for file in files} == {fixture}
