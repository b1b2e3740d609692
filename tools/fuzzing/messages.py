"""Messages of any type, made field by field from their descriptor."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from services.runtime.validator import MessageValidator
from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract
from tools.fuzzing.rules import (
    has_rules,
    is_text_of,
    may_be_zero,
    rules_of,
    rules_of_items,
    seconds_of,
)
from tools.fuzzing.values import Values
from tools.fuzzing.words import Words

# Types that refer to themselves end here; what is deeper is made on purpose.
DEEPEST = 8
TRIES = 6
OFTEN = 0.3
SECONDS = (0, 1, 5, 15, 60, 3_600)
# Times that are of no use unless they are to come.
AHEAD = {"expire_time"}
ODD_SECONDS = (-1, 315_576_000_001, -315_576_000_001, 2**63 - 1, -(2**63), 253_402_300_800, 10**12)
ODD_NANOS = (-1, 1, 999, 10**9, 2**31 - 1, -(2**31), -999_999_999)


class Maker:
    """Makes messages of which a share of the values is odd: 0 for one that keeps the rules as far
    as they are about single fields."""

    def __init__(self, dice: Random, words: Words, now: int) -> None:
        self._dice = dice
        self._words = words
        self._values = Values(dice, words, now)
        self._validator = MessageValidator()
        self._foreign = [
            rpc.request for rpc in rpcs_of_the_contract() if not rpc.service.startswith(CONTRACT)
        ]
        self._special: dict[str, Callable[[Any, float], None]] = {
            "google.protobuf.Timestamp": self._fill_timestamp,
            "google.protobuf.Duration": self._fill_duration,
            "google.protobuf.Struct": self._fill_struct,
            "google.api.HttpBody": self._fill_body,
        }

    def message(self, kind: Descriptor, oddity: float, depth: int = 0) -> Message:
        """Tries again where a rule looks at several fields, which are chosen one by one; and for a
        whole request, of which each part may lack something."""
        made = self._made(kind, oddity, depth)
        if oddity or (depth and not has_rules(kind)):
            return made
        for _ in range(TRIES):
            if not self._validator.violations(made):
                break
            made = self._made(kind, oddity, depth)
        return made

    def _made(self, kind: Descriptor, oddity: float, depth: int) -> Message:
        made: Message = GetMessageClass(kind)()
        special = self._special.get(kind.full_name)
        if special:
            special(made, oddity)
            return made
        for field in self._chosen(kind, depth):
            self._fill(made, field, oddity, depth)
        _order_times(made, oddity)
        return made

    def _chosen(self, kind: Descriptor, depth: int) -> Iterator[FieldDescriptor]:
        taken: dict[str, FieldDescriptor] = {
            group.name: self._dice.choice(list(group.fields)) for group in kind.oneofs
        }
        for field in kind.fields:
            group = field.containing_oneof
            if depth >= DEEPEST and field.message_type is not None:
                continue
            if group is not None and len(group.fields) > 1:
                if taken[group.name] is field:
                    yield field
            elif self._is_wanted(field):
                yield field

    def _is_wanted(self, field: FieldDescriptor) -> bool:
        if rules_of(field).required or field.name == "workspace_id":
            return self._dice.random() < 0.98
        if field.name.endswith("token") or "cursor" in field.name or "filter" in field.name:
            return self._dice.random() < 0.2
        if field.message_type is not None and not field.is_repeated:
            return self._dice.random() < 0.7
        must = field.is_repeated and rules_of(field).repeated.min_items
        needed = field.enum_type is not None and 0 in rules_of(field).enum.not_in
        bare = field.cpp_type == field.CPPTYPE_STRING and not is_text_of(rules_of(field), "")
        counted = not may_be_zero(field, rules_of(field)) and not field.has_presence
        return self._dice.random() < (0.98 if must or needed or bare or counted else OFTEN)

    def _fill(self, made: Any, field: FieldDescriptor, oddity: float, depth: int) -> None:
        if field.is_repeated:
            self._fill_many(made, field, oddity, depth)
        elif field.message_type is not None:
            inner = getattr(made, field.name)
            inner.CopyFrom(self.message(field.message_type, oddity, depth + 1))
            if not oddity and field.message_type.full_name == "google.protobuf.Duration":
                inner.seconds = self._lasting(rules_of(field).duration)
            if not oddity and field.name in AHEAD:
                inner.seconds = self._values.seconds_ahead()
        else:
            setattr(made, field.name, self._scalar(field, rules_of(field), oddity))

    def _fill_many(self, made: Any, field: FieldDescriptor, oddity: float, depth: int) -> None:
        count = (
            self._dice.choice((1, 1, 2, 3)) if oddity < 0.1 else self._dice.choice((0, 1, 2, 130))
        )
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            self._fill_map(
                getattr(made, field.name), kind, rules_of(field).map, min(count, 3), oddity
            )
        elif kind is not None:
            items = [self.message(kind, oddity, depth + 1) for _ in range(min(count, 3))]
            getattr(made, field.name).extend(items)
        else:
            items = [self._scalar(field, rules_of_items(field), oddity) for _ in range(count)]
            is_set = rules_of(field).repeated.unique and oddity < 0.1
            getattr(made, field.name).extend(dict.fromkeys(items) if is_set else items)

    def _fill_map(
        self, made: Any, entry: Descriptor, rules: Any, count: int, oddity: float
    ) -> None:
        key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
        for _ in range(count):
            name = self._scalar(key, rules.keys, oddity)
            if value.message_type is not None:
                made[name].CopyFrom(self.message(value.message_type, oddity, DEEPEST))
            else:
                made[name] = self._scalar(value, rules.values, oddity)

    def _scalar(self, field: FieldDescriptor, rules: Any, oddity: float) -> Any:
        if oddity and self._dice.random() < oddity:
            return self._values.odd(field)
        return self._values.plausible(field, rules)

    def _fill_timestamp(self, made: Any, oddity: float) -> None:
        if oddity and self._dice.random() < oddity:
            made.seconds = self._dice.choice(ODD_SECONDS)
            made.nanos = self._dice.choice(ODD_NANOS)
        else:
            made.seconds = self._values.seconds()
            made.nanos = self._dice.choice((0, 0, 1_000, 999_999_000))

    def _fill_duration(self, made: Any, oddity: float) -> None:
        is_odd = bool(oddity) and self._dice.random() < oddity
        made.seconds = self._dice.choice(ODD_SECONDS if is_odd else SECONDS)
        made.nanos = self._dice.choice(ODD_NANOS) if is_odd else 0

    def _lasting(self, durations: Any) -> int:
        least, most = seconds_of(durations)
        return self._dice.choice([least, most, *(one for one in SECONDS if least <= one <= most)])

    def _fill_struct(self, made: Any, oddity: float) -> None:
        depth = self._dice.choice((1, 10, 29, 31)) if oddity > 0.1 else 1
        inner = made
        for _ in range(depth):
            inner = inner.fields[self._values.odd_text() if oddity > 0.1 else "a"].struct_value
        inner.fields["n"].number_value = self._dice.choice((0.5, -1e300, float("nan")))
        inner.fields["t"].string_value = self._words.some(self._dice, "string_value")

    def _fill_body(self, made: Any, oddity: float) -> None:
        """What others define comes as a body, in either of its encodings."""
        inner = self.message(self._dice.choice(self._foreign), oddity)
        made.content_type = self._words.some(self._dice, "content_type")
        is_json = "json" in made.content_type and self._dice.random() < 0.95
        made.data = _json(inner) if is_json else inner.SerializeToString()
        if oddity and self._dice.random() < oddity:
            made.data = self._dice.choice((b"", b"{", b"[" * 5_000, b"\xff\xfe", made.data[:-1]))


def _json(message: Message) -> bytes:
    return json_format.MessageToJson(message).encode()


def _order_times(made: Any, oddity: float) -> None:
    """An interval that ends before it starts leads nowhere."""
    fields = made.DESCRIPTOR.fields_by_name
    ends = [fields.get("start_time"), fields.get("end_time")]
    if oddity or not all(field and field.message_type for field in ends):
        return
    if made.HasField("start_time") and made.HasField("end_time"):
        at = sorted((made.start_time.seconds, made.end_time.seconds))
        made.start_time.seconds, made.end_time.seconds = min(at[0], at[1] - 1), at[1]
        made.start_time.nanos = made.end_time.nanos = 0
