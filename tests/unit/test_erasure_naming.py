"""Another name takes the place of an id, and of nothing else."""

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.runtime.faults import InvalidArgument
from services.upkeep.policy import check, effective
from services.warehouse.erasure.naming import Naming
from services.warehouse.rollups import tallies, users

OTHER = "erased-0f"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("user_id", "before", "after"),
    [
        ("u-1", "u-1", OTHER),
        ("u-1", "by u-1, u-12, menu-1 and /u-1/", f"by {OTHER}, u-12, menu-1 and /{OTHER}/"),
        ("u-1", {"u-1": [1, {"deep": "u-1"}], "x": None}, {OTHER: [1, {"deep": OTHER}], "x": None}),
        (
            "12",
            {"a": 12.0, "b": 1.2, "c": 123.0, "d": True},
            {"a": OTHER, "b": 1.2, "c": 123.0, "d": True},
        ),
        ("a.b", "aXb a.b", f"aXb {OTHER}"),
        ('q"\\', 'say q"\\!', f"say {OTHER}!"),
    ],
)
def test_an_id_is_named_where_it_stands_as_a_word(user_id: str, before: Any, after: Any) -> None:
    assert Naming(user_id, OTHER).renamed(before) == after


@given(JSON)
def test_what_does_not_name_the_id_stays_as_it_is(content: Any) -> None:
    assert Naming("nobody-here", OTHER).renamed(content) == content


def test_texts_of_own_rows_go_and_of_others_stay() -> None:
    naming, blanks = Naming("u-1", OTHER), {"note": None}
    own = {"user_id": "u-1", "note": "secret", "model": "m"}
    other = {"user_id": "u-2", "note": "of u-1", "model": "m"}
    columns = ("user_id", "note", "model")
    assert naming.changes(own, columns, blanks) == {"user_id": OTHER, "note": None}
    assert naming.changes(other, columns, blanks) == {"note": f"of {OTHER}"}
    assert naming.changes({**other, "note": "x"}, columns, blanks) == {}


@given(st.sets(st.integers(-(2**63), 2**63 - 1), min_size=2, max_size=60))
def test_a_sketch_is_what_it_would_be_without_the_one_and_with_the_other(numbers: set[int]) -> None:
    old, new, *others = (struct.pack(">q", number) for number in sorted(numbers))
    with_old, with_new = (users.merge((), b"".join([one, *others])) for one in (old, new))
    assert users.exchanged(with_old, old, new) == with_new
    assert users.exchanged(with_new, old, new) == with_new
    assert users.mark_of(old) in with_old
    assert users.mark_of(old) not in with_new


def test_a_tally_is_written_anew() -> None:
    counts = {b"u-1": (3, 10, 20), b"u-2": (1, 5, 5)}

    def tally(names: dict[bytes, bytes]) -> bytes:
        columns = [list(map(int, column)) for column in zip(*counts.values(), strict=True)]
        texts = [names.get(text, text) for text in counts]
        arrays = map(tallies.np.array, columns)
        return tallies.Tally(texts, *arrays).packed()

    renamed = tallies.renamed(tally({}), Naming("u-1", OTHER).renamed)
    assert renamed == tally({b"u-1": OTHER.encode()})


def test_nothing_is_kept_longer_than_what_stands_for_it() -> None:
    usual, nothing = effective(RetentionPolicy(), RetentionPolicy()), RetentionPolicy()
    assert (usual.executions_days, usual.hour_rollups_days, usual.day_rollups_days) == (
        90,
        180,
        730,
    )
    longer = RetentionPolicy(executions_days=1_000)
    assert effective(longer, nothing).day_rollups_days == 1_000
    with pytest.raises(InvalidArgument) as refused:
        check(nothing, longer)
    assert [one.field for one in refused.value.violations] == ["policy.executions_days"]
    check(nothing, RetentionPolicy(executions_days=180))
