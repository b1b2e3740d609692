"""Why things of an export were refused, in the few words that OTLP has room for."""

from collections import Counter
from collections.abc import Iterable

MAX_TOLD = 5


def refusals_in_words(refused: Iterable[str]) -> str:
    """Each reason once, the most frequent first."""
    counted = Counter(refused).most_common()
    told = "; ".join(f"{reason} ({count})" for reason, count in counted[:MAX_TOLD])
    return told if len(counted) <= MAX_TOLD else f"{told}; and {len(counted) - MAX_TOLD} more"
