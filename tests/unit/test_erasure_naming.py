"""Another name takes the place of an id, and of nothing else."""

import struct
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from hypothesis import given
from hypothesis import strategies as st
from shadower.alerts.v1.alert_rule_pb2 import AlertRule
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.ingest.v1.execution_pb2 import Execution
from shadower.ingest.v1.log_record_pb2 import LogRecord
from shadower.notifications.v1.target_pb2 import Target
from shadower.upkeep.v1.retention_pb2 import RetentionPolicy

from services.alerts.observations import key_of
from services.alerts.rules import read, write
from services.runtime.bus.dead_letter import Source
from services.runtime.faults import InvalidArgument
from services.upkeep.letters import tells_of
from services.upkeep.policy import check, effective
from services.warehouse.erasure.naming import Naming, Says
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
        ("u-1", 'said "u-1".', f'said "{OTHER}".'),
        ("u-1", "said by u-1.", f"said by {OTHER}."),
        ("anna", "anna.smith, anna@acme.com, anna-2, anna+x", None),
        ("anna", "@anna: a word", f"@{OTHER}: a word"),
        ("jos", "josé, jose\u0301, Xjos, josЖ", None),
        ("jose", "jose\u0301", None),
        ("安娜", "安娜, 安娜二", f"{OTHER}, 安娜二"),
        ("5", "gpt-5, 3.5, 5s, v5, claude-3-5-x, 2026-11-5T", None),
        ("a.b", "aXb a.b", f"aXb {OTHER}"),
        ('q"\\', 'say q"\\!', f"say {OTHER}!"),
    ],
)
def test_a_text_names_an_id_by_a_word(user_id: str, before: str, after: str | None) -> None:
    assert Naming(user_id, OTHER).in_text(before) == (before if after is None else after)


@pytest.mark.parametrize(
    ("user_id", "before", "after"),
    [
        ("u-1", {"u-1": [1, {"deep": "of u-1"}]}, {"u-1": [1, {"deep": f"of {OTHER}"}]}),
        ("12", {"a": 12.0, "b": True, "user_id": "12"}, {"a": 12.0, "b": True, "user_id": OTHER}),
        ("u", {"user_ids": ["u", "of u"]}, {"user_ids": [OTHER, "of u"]}),
        ("name", {"name": "x"}, {"name": "x"}),
    ],
)
def test_of_values_neither_keys_nor_numbers_change(user_id: str, before: Any, after: Any) -> None:
    assert Naming(user_id, OTHER).in_values(before) == after


@given(JSON)
def test_what_does_not_name_the_id_stays_as_it_is(content: Any) -> None:
    naming = Naming("nobody-here", OTHER)
    assert naming.in_values(content) == content
    assert naming.in_fields(content) == content


def test_an_id_is_what_is_equal() -> None:
    naming = Naming("anna", OTHER)
    assert naming.in_id("anna") == OTHER
    assert naming.in_id(["anna", "anna b"]) == [OTHER, "anna b"]
    assert naming.in_id("of anna") == "of anna"


RULE = AlertRule(
    name="Slow for 5",
    metric="error_rate",
    filter={"user_ids": ["5", "15"], "models": ["5"], "agent_ids": ["5"], "tags": ["k5=5", "k=15"]},
    threshold={"comparator": "COMPARATOR_ABOVE", "threshold": 5},
    window={"seconds": 300},
    labels={"team": "5", "5": "x"},
    escalation=[{"delay": {"seconds": 5}, "recipients": ["5", "of 5"]}],
)


def test_a_rule_is_still_one_afterwards() -> None:
    wanted = AlertRule()
    wanted.CopyFrom(RULE)
    wanted.name = f"Slow for {OTHER}"
    wanted.filter.user_ids[:] = [OTHER, "15"]
    wanted.filter.tags[0], wanted.labels["team"] = f"k5={OTHER}", OTHER
    wanted.escalation[0].recipients[:] = [OTHER, "of 5"]
    assert read(Naming("5", OTHER).in_fields(write(RULE))) == wanted


@pytest.mark.parametrize("user_id", ["name", "threshold", "300s", "COMPARATOR_ABOVE", "error_rate"])
def test_words_of_ours_in_a_rule_are_no_users(user_id: str) -> None:
    assert Naming(user_id, OTHER).in_fields(write(RULE)) == write(RULE)


def test_templates_change_where_people_read_them() -> None:
    target = Target(
        name="for rule",
        email={"to": ["rule", "rule@acme.com"]},
        title_template="rule {{ rule }} {% if rule %}!{% endif %}",
    )
    before = MessageToDict(target, preserving_proto_field_name=True)
    after = ParseDict(Naming("rule", OTHER).in_fields(before), Target())
    assert after.name == f"for {OTHER}"
    assert list(after.email.to) == [OTHER, "rule@acme.com"]
    assert after.title_template == f"{OTHER} {{{{ rule }}}} {{% if rule %}}!{{% endif %}}"


def test_a_group_is_known_again_by_its_key() -> None:
    labels, key = {"user_id": "u", "model": "u"}, key_of({"user_id": "u", "model": "u"})
    row = {"group_labels": labels, "group_key": key}
    says = {"group_labels": Says.LABELS, "group_key": Says.GROUP_KEY}
    after = {"user_id": OTHER, "model": "u"}
    changed = {"group_labels": after, "group_key": key_of(after)}
    assert Naming("u", OTHER).changes(row, says, {}) == changed


def test_a_note_that_we_read_again_stays() -> None:
    naming, says = Naming("1", OTHER), {"note": Says.NOTE}
    assert naming.changes({"subject": "", "note": "1"}, says, {}) == {}
    assert naming.changes({"subject": "a", "note": "of 1"}, says, {}) == {"note": f"of {OTHER}"}


def test_ids_of_own_rows_are_made_of_the_other_name() -> None:
    naming, says = Naming("u-1", OTHER), {"user_id": Says.ID, "execution_id": Says.ID}
    row = {"user_id": "u-1", "execution_id": "run-u-1-7"}
    assert naming.changes(row, says, {}) == {"user_id": OTHER, "execution_id": f"run-{OTHER}-7"}
    assert naming.changes({**row, "execution_id": "u-12"}, says, {}) == {"user_id": OTHER}
    assert naming.changes({**row, "user_id": "u-2"}, says, {}) == {}


def test_texts_of_own_rows_go_and_of_others_stay() -> None:
    naming, blanks = Naming("u-1", OTHER), {"note": None}
    own = {"user_id": "u-1", "note": "secret", "model": "u-1"}
    other = {"user_id": "u-2", "note": "of u-1", "model": "u-1"}
    says = {"user_id": Says.ID, "note": Says.TEXT}
    assert naming.changes(own, says, blanks) == {"user_id": OTHER, "note": None}
    assert naming.changes(other, says, blanks) == {"note": f"of {OTHER}"}
    assert naming.changes({**other, "note": "x"}, says, blanks) == {}


def a_record(**run: Any) -> bytes:
    record = LogRecord(executions=[Execution(execution_id="r", **run)])
    return record.SerializeToString()


@pytest.mark.parametrize(
    ("payload", "is_told"),
    [
        (a_record(user_id="5"), True),
        (a_record(error_message="of 5"), True),
        (a_record(metadata={"k": "5"}), True),
        (a_record(agent_id="5", model="gpt-5", provider="5", metadata={"5": "x"}), False),
        (a_record(user_id="15", input_tokens=5), False),
        (a_record(user_id="5")[:-1] + b"5" + b"\x0a\x09", True),
        (b"of user-77 alone", False),
        (b"\x00 by 5", True),
        (b'{"by": 5, "5": "15"}', False),
        (b'{"by": "5"}', True),
    ],
)
def test_a_letter_of_the_log_tells_by_its_fields(payload: bytes, is_told: bool) -> None:
    assert tells_of(Naming("5", OTHER), Source.LOG, payload) is is_told


def test_a_letter_of_the_bus_tells_by_its_fields() -> None:
    envelope = Envelope(id="5", correlation_id="c")
    envelope.data.update({"value": 5, "group": {"user_id": "7", "model": "5"}, "state": "5"})
    assert not tells_of(Naming("5", OTHER), Source.BUS, envelope.SerializeToString())
    assert tells_of(Naming("7", OTHER), Source.BUS, envelope.SerializeToString())


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

    renamed = tallies.renamed(tally({}), Naming("u-1", OTHER).in_id)
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
