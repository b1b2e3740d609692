"""Where in a trace something is done, as one process tells another.

https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from typing import NamedTuple

TRACEPARENT = "traceparent"
FORM = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]([0-9a-f])")
MOST_CHARACTERS = 55


class Place(NamedTuple):
    """A span by its ids. Without them it is no place."""

    trace_id: str
    span_id: str
    is_recorded: bool

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-0{int(self.is_recorded)}"


NO_PLACE = Place("", "", is_recorded=False)


def place_of(traceparent: str) -> Place:
    """NO_PLACE for what names none."""
    found = FORM.fullmatch(traceparent)
    if found is None:
        return NO_PLACE
    trace_id, span_id, flags = found.groups()
    return Place(trace_id, span_id, is_recorded=int(flags, 16) & 1 == 1)
