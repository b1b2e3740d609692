"""Page tokens belong to one query and one position."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shadower.agents.v1.agents_service_pb2 import ListAgentsRequest

from services.runtime.faults import InvalidArgument
from services.translation.pages import page_size, read_token, write_token
from services.warehouse.queries.interval import Interval

SPAN = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
POSITIONS = st.lists(st.none() | st.integers() | st.text() | st.floats(allow_nan=False))


def asked(token: str = "", workspace: str = "w", size: int = 0) -> ListAgentsRequest:
    return ListAgentsRequest(workspace_id=workspace, page_token=token, page_size=size)


@given(POSITIONS)
def test_a_token_brings_back_what_it_was_given(position: list[object]) -> None:
    token = write_token(asked(), SPAN, position)
    assert read_token(asked(token, size=7)) == (SPAN, position)


def test_a_token_of_another_query_is_refused() -> None:
    token = write_token(asked(), SPAN, [1])
    with pytest.raises(InvalidArgument) as refused:
        read_token(asked(token, workspace="other"))
    assert refused.value.reason == "PAGE_TOKEN_INVALID"
    assert refused.value.violations[0].field == "page_token"


@given(st.integers(min_value=0), st.characters(codec="ascii"))
def test_a_changed_token_is_refused(place: int, character: str) -> None:
    token = write_token(asked(), SPAN, [1.5, "agent"])
    at = place % len(token)
    changed = token[:at] + character + token[at + 1 :]
    assert _read_or_reason(changed) in (
        "PAGE_TOKEN_INVALID",
        # Bits that base64 does not use, or characters that it skips, change nothing.
        (SPAN, [1.5, "agent"]),
    )


def _read_or_reason(token: str) -> object:
    try:
        return read_token(asked(token))
    except InvalidArgument as refused:
        return refused.reason


@given(st.text())
def test_nonsense_is_refused_and_nothing_else(token: str) -> None:
    with pytest.raises(InvalidArgument):
        read_token(asked(token or "x"))


def test_sizes_default_and_are_bounded() -> None:
    assert [page_size(asked, 50, 500) for asked in (0, 1, 500, 501)] == [50, 1, 500, 500]
