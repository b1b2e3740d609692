"""Whether what a page shows is what came: word for word, but for what differs each time."""

import re

# What the pages record has times of its own, early in 2026: those are compared.
TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?"
LATE = re.compile(r"2026-1[12]-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?")
IDS = (
    (re.compile(r"shk_[A-Za-z0-9_-]+"), r"shk_[A-Za-z0-9_-]+"),
    (re.compile(r"whsec_[A-Za-z0-9+/=]+"), r"whsec_[A-Za-z0-9+/=]+"),
    (
        re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
    (re.compile(r"\b[0-9a-f]{24,64}\b"), r"[0-9a-f]{24,64}"),
    (LATE, TIME),
    (re.compile("…"), r".*?"),
)


def agrees(shown: str, came: str) -> bool:
    return pattern_of(_one_line(shown)).fullmatch(_one_line(came)) is not None


def pattern_of(shown: str) -> re.Pattern[str]:
    """An ellipsis stands for anything; ids and times of this year's end for others."""
    parts = re.compile("|".join(f"({one.pattern})" for one, _ in IDS))
    pattern, end = "", 0
    for found in parts.finditer(shown):
        pattern += re.escape(shown[end : found.start()]) + IDS[(found.lastindex or 1) - 1][1]
        end = found.end()
    return re.compile(pattern + re.escape(shown[end:]), re.DOTALL)


def _one_line(text: str) -> str:
    return " ".join(text.split())
