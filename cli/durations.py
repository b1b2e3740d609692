"""Lengths of time as people write them: 90s, 30m, 12h, 7d."""

import re
from datetime import timedelta

from cli.failures import UsageError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Raises UsageError."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd])", text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(f"{text!r} is not a length of time such as 90s, 30m, 12h or 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})
