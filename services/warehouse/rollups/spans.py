"""Sets of times: disjoint half-open spans, in whole microseconds since 1970."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

Span = tuple[int, int]


def to_microseconds(time: datetime) -> int:
    return (time - EPOCH) // MICROSECOND


def to_time(microseconds: int) -> datetime:
    return EPOCH + microseconds * MICROSECOND


@dataclass(frozen=True)
class Spans:
    """In order, and none touches the next: two sets of the same times are equal."""

    spans: tuple[Span, ...] = ()

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __or__(self, other: "Spans") -> "Spans":
        return spans_of((*self.spans, *other.spans))

    def __and__(self, other: "Spans") -> "Spans":
        return Spans(tuple(_common(self.spans, other.spans)))

    def __sub__(self, other: "Spans") -> "Spans":
        return self & other.complement() if other else self

    def complement(self) -> "Spans":
        """All other times, as far as anybody will ever ask."""
        bounds = [-_FOREVER, *(bound for span in self.spans for bound in span), _FOREVER]
        gaps = zip(bounds[::2], bounds[1::2], strict=True)
        return Spans(tuple((start, end) for start, end in gaps if start < end))

    @property
    def length(self) -> int:
        return sum(end - start for start, end in self.spans)

    @property
    def hull(self) -> "Spans":
        """From the first time to the last."""
        return Spans(((self.spans[0][0], self.spans[-1][1]),)) if self.spans else self

    @property
    def times(self) -> tuple[list[datetime], list[datetime]]:
        """Starts, and ends."""
        return [to_time(start) for start, _ in self.spans], [to_time(end) for _, end in self.spans]


_FOREVER = 2**62


def spans_of(spans: Iterable[Span]) -> Spans:
    """From spans in any order that may overlap."""
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return Spans(tuple(merged))


def between(start: datetime, end: datetime) -> Spans:
    return spans_of([(to_microseconds(start), to_microseconds(end))])


def _common(ones: tuple[Span, ...], others: tuple[Span, ...]) -> Iterator[Span]:
    one = other = 0
    while one < len(ones) and other < len(others):
        start = max(ones[one][0], others[other][0])
        end = min(ones[one][1], others[other][1])
        if start < end:
            yield start, end
        if ones[one][1] < others[other][1]:
            one += 1
        else:
            other += 1
