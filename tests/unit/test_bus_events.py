"""Events as envelopes, and the letters of those that cannot be handled. No transport needed."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st
from shadower.bus.v1.envelope_pb2 import Envelope
from shadower.ingest.v1.event_pb2 import EventType

from services.runtime.bus.attempts import Backoff, Place, lasting_failure, not_handled
from services.runtime.bus.dead_letter import DeadLetter, Source, workspace_of_key
from services.runtime.bus.envelope import decode, encode, type_name
from services.runtime.bus.event import TYPES, BusEvent
from services.runtime.faults import InvalidArgument
from services.warehouse.bus.publishing import Published

EVENT = BusEvent(
    id=UUID(int=7),
    type="agent.executed",
    workspace_id="w",
    created_at=datetime(2025, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
    data={},
)
LETTER = DeadLetter("w", Source.BUS, "HANDLER_FAILED", "why", b"payload", 7, group="g")

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=10,
)
events = st.builds(
    BusEvent,
    id=st.uuids(),
    type=st.sampled_from(sorted(TYPES)),
    workspace_id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True),
    created_at=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    data=st.dictionaries(text, json, max_size=4),
    correlation_id=text,
    group=text,
)


@given(events)
def test_an_event_comes_back_as_it_was(event: BusEvent) -> None:
    assert decode(encode(event), event.workspace_id.encode(), 1) == event


def test_types_are_named_as_the_domain_names_them() -> None:
    assert {type_name(number) for number in EventType.values() if number} == TYPES


def test_what_has_no_name_is_not_published() -> None:
    with pytest.raises(ValueError, match="exploded"):
        Published("agent.exploded")


@given(st.binary(max_size=200) | events.map(encode))
def test_bytes_are_an_event_or_refused(payload: bytes) -> None:
    refusal = refusal_of(payload)
    version = Envelope.FromString(payload).schema_version if is_envelope(payload) else 0
    assert refusal is None or refusal.reason == (
        "SCHEMA_VERSION_UNKNOWN" if version > 1 else "RECORD_MALFORMED"
    )


def refusal_of(payload: bytes) -> InvalidArgument | None:
    try:
        decode(payload, b"w", 42)
    except InvalidArgument as refused:
        return refused
    return None


def is_envelope(payload: bytes) -> bool:
    try:
        Envelope.FromString(payload)
    except DecodeError:
        return False
    return True


def test_fields_that_are_not_known_are_ignored() -> None:
    with_more = encode(EVENT) + Envelope(group="").SerializeToString() + b"\xfa\x07\x01x"
    assert decode(with_more, b"w", 1) == EVENT


class Flaky:
    """Fails so many times."""

    def __init__(self, failures: int) -> None:
        self.failures, self.calls = failures, 0

    async def handle(self, event: BusEvent) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise RuntimeError(f"attempt {self.calls}")


@pytest.mark.parametrize("failures", range(5))
async def test_a_handler_is_tried_a_bounded_number_of_times(failures: int) -> None:
    flaky = Flaky(failures)
    failure = await lasting_failure(flaky.handle, EVENT, "g", Backoff(3, first_seconds=0))
    assert (flaky.calls, str(failure)) == (
        (failures + 1, "None") if failures < 3 else (3, "attempt 3")
    )


def test_pauses_grow() -> None:
    assert list(Backoff(4, 0.5, 2).pauses()) == [0.5, 1, 2]


@pytest.mark.parametrize("said", ["\0", "\ud800", "x" * 5000])
def test_a_letter_says_what_the_database_can_keep(said: str) -> None:
    letter = not_handled(EVENT, "g", Place(1, b"", b"w"), 3, RuntimeError(said))
    assert letter.message.startswith("RuntimeError: ")
    assert len(letter.message) <= 1000
    assert "\0" not in letter.message
    assert letter.message.encode()


def test_a_letter_is_known_by_what_it_holds_and_why_it_was_put_aside() -> None:
    others = [
        {"workspace_id": "v"},
        {"source": Source.LOG},
        {"payload": b"other"},
        {"key": b"other"},
        {"reason": "RECORD_UNWRITABLE"},
        {"topic": "t"},
        {"partition": 0},
        {"group": "h"},
    ]
    ids = {replace(LETTER, **other).id for other in others}
    assert len(ids | {LETTER.id}) == len(others) + 1
    again = replace(LETTER, message="otherwise", position=8, attempts=9)
    assert again.id == LETTER.id


@pytest.mark.parametrize("key", [None, b"", b"a/b", b"\xff", b"-a", b"a" * 65, "ä".encode()])
def test_a_key_that_names_no_workspace_is_the_systems(key: bytes | None) -> None:
    assert workspace_of_key(key) == "shadower-system"
    assert workspace_of_key(b"a_B-9") == "a_B-9"
