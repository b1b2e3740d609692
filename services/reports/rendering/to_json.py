"""JSON: the document as it is, by the schema beside this module."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.reports.document import Document

VERSION = 1
SCHEMA = json.loads(Path(__file__).with_name("report.schema.json").read_text())


def write(document: Document) -> bytes:
    """Numbers keep every digit, instants are of UTC, what nobody knows is null."""
    content = {"version": VERSION, **asdict(document)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, default=_instant)
    return text.encode()


def _instant(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(type(value).__name__)


def instant(moment: datetime) -> str:
    """As RFC 3339 has it, to the microsecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
