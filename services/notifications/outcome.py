"""What came of an attempt to send something, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MOST_RESPONSE = 1_024
MOST_ERROR = 300


class Verdict(StrEnum):
    """How it goes on."""

    DELIVERED = "delivered"
    AGAIN = "again"
    NEVER = "never"
    """This message will not be taken, however often it comes."""
    GONE = "gone"
    """Nor any other."""


@dataclass(frozen=True)
class Outcome:
    """Of one attempt."""

    verdict: Verdict
    status_code: int = 0
    error: str = ""
    """Begins with a word for what kind of failure it is."""
    response: str = ""
    retry_after: timedelta | None = None
    is_unwell: bool = False
    """Whether the receiver would fail with any other message, too."""
    remaining: Sequence[str] | None = None
    """Of several people, those who have not got it and may yet. None if that is as before."""
    refused: Sequence[str] | None = None
    """And those who never will."""

    @property
    def is_delivered(self) -> bool:
        return self.verdict is Verdict.DELIVERED


def unwell(error: str, retry_after: timedelta | None = None) -> Outcome:
    """The receiver cannot be reached, or does not answer as one should."""
    told = kept_text(error)[:MOST_ERROR]
    return Outcome(Verdict.AGAIN, error=told, retry_after=retry_after, is_unwell=True)


def kept_text(text: str) -> str:
    """As the database can keep it."""
    printable = text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:MOST_RESPONSE]
    return printable.encode(errors="replace").decode()
