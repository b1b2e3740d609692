"""What an agent is compared by is numbered in a statement, which nothing may shift unseen."""

import pytest

from services.warehouse.queries.standing import COMPARED, ready_measures


def test_what_is_compared_can_be_numbered() -> None:
    columns = [column for one in ready_measures(COMPARED) for column in one.columns]
    assert len(columns) == len(set(columns)) == len(COMPARED)


@pytest.mark.parametrize("shifting", ["total", "duration_percentiles"])
def test_what_would_shift_numbers_is_refused(shifting: str) -> None:
    with pytest.raises(AssertionError, match=shifting):
        ready_measures((*COMPARED, shifting))
