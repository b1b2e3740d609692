"""Single values: plausible ones, and those by which programs break."""

import math
import struct
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from tools.fuzzing.rules import INTEGERS as NAMES_OF_RULES
from tools.fuzzing.rules import bounds_of, is_text_of
from tools.fuzzing.words import Words

TRIES = 12
HOUR = 3_600
DAY = 86_400
FEW = (0, 1, 2, 3, 7, 50, 1000)
FLOATS = (0.0, 1.0, 50.0, 99.9, -1.5, 1e10)
LENGTHS = (16, 8, 8, 0, 1, 32)

INTEGERS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
ODD_FLOATS = (math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, -1e308, 1e101)
ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\n",
    "\r\n\r\n",
    "\x1b[31m",
    "\x7f\x85\u2028",
    "\ufeff",
    "\u202eabc",
    "e\u0301" * 40,
    "\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "\U0010ffff\ufffe",
    "\u0130\u0131\u00df\ufb01",
    "a/b",
    "../../etc/passwd",
    "..",
    "%2e%2e%2f",
    "' or 1=1 --",
    '"; drop table executions; --',
    "{}",
    "%s%n%d",
    "${jndi:x}",
    "$1",
    "*",
    "\\",
    "NaN",
    "1e400",
    "-0",
    "\uff19\uff19",
    "null",
    "=",
    ":*:*",
    "x" * 129,
    "ü" * 4097,
    "x" * 70_000,
)


class Values:
    """Chooses values of fields. `now` is in seconds since 1970."""

    def __init__(self, dice: Random, words: Words, now: int) -> None:
        self._dice = dice
        self._words = words
        self._now = now

    def plausible(self, field: FieldDescriptor, rules: Any) -> Any:
        kind = field.cpp_type
        if kind in INTEGERS:
            return self._integer(field, rules)
        if kind == FieldDescriptor.CPPTYPE_STRING:
            return self._bytes() if _is_bytes(field) else self._text(field.name, rules)
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return self._number_of_enum(field, rules)
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return self._dice.random() < 0.5
        bounds = bounds_of(rules.double)
        return self._dice.uniform(*bounds) if bounds else self._dice.choice(FLOATS)

    def odd(self, field: FieldDescriptor) -> Any:
        kind = field.cpp_type
        if kind in INTEGERS or kind == FieldDescriptor.CPPTYPE_ENUM:
            least, most = INTEGERS.get(kind, INTEGERS[FieldDescriptor.CPPTYPE_INT32])
            near = self._dice.choice((-1, 0, 1, 99, 10**6, 2**31 - 1, 2**31, 10**12 + 1))
            return self._dice.choice((least, most, max(least, min(near, most))))
        if kind == FieldDescriptor.CPPTYPE_STRING:
            return (
                self._dice.randbytes(self._dice.randrange(300))
                if _is_bytes(field)
                else self.odd_text()
            )
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return True
        odd = self._dice.choice(ODD_FLOATS)
        return _as_float(odd) if kind == FieldDescriptor.CPPTYPE_FLOAT else odd

    def odd_text(self) -> str:
        if self._dice.random() < 0.7:
            return self._dice.choice(ODD_TEXTS)
        return "".join(chr(self._code_point()) for _ in range(self._dice.randrange(1, 12)))

    def seconds(self) -> int:
        """Mostly where facts are: in the days before now."""
        back = self._dice.choice((0, 60, 3_600, DAY, 7 * DAY, 30 * DAY, 400 * DAY))
        return self._now - self._dice.randrange(back + 1)

    def seconds_ahead(self) -> int:
        """In the days to come, and mostly before the longest-lived token ends."""
        return self._now + self._dice.choice((3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 400 * DAY))

    def _code_point(self) -> int:
        """Any but the halves of pairs, which no text may have."""
        point = self._dice.randrange(self._dice.choice((0x80, 0x800, 0x10000, 0x110000)))
        return point if not 0xD800 <= point <= 0xDFFF else 0x20

    def _integer(self, field: FieldDescriptor, rules: Any) -> int:
        if "nano" in field.name:
            return self.seconds() * 10**9
        name = NAMES_OF_RULES.get(field.type)
        bounds = bounds_of(getattr(rules, name)) if name else None
        if bounds is None:
            return self._dice.choice(FEW)
        least, most = map(int, bounds)
        return self._dice.choice((least, most, *(n for n in FEW if least <= n <= most)))

    def _text(self, name: str, rules: Any) -> str:
        for _ in range(TRIES):
            text = self._words.some(self._dice, name)
            if is_text_of(rules, text):
                break
        return self._damaged(text) if name.endswith("token") or "cursor" in name else text

    def _damaged(self, token: str) -> str:
        """Half of what leads to a next page has one character that is another."""
        if not token or self._dice.random() < 0.5:
            return token
        at = self._dice.randrange(len(token))
        return token[:at] + self._dice.choice("A_9=-") + token[at + 1 :]

    def _bytes(self) -> bytes:
        return self._dice.randbytes(self._dice.choice(LENGTHS))

    def _number_of_enum(self, field: FieldDescriptor, rules: Any) -> int:
        refused = set(rules.enum.not_in)
        known: Any = field.enum_type
        return int(
            self._dice.choice([one.number for one in known.values if one.number not in refused])
        )


def _is_bytes(field: FieldDescriptor) -> bool:
    return field.type == FieldDescriptor.TYPE_BYTES


def _as_float(value: float) -> float:
    """What single precision cannot hold, is infinite in it."""
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
