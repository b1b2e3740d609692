"""Facts as JSON, which one parameter of a statement can hold however many columns they have."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any


def as_rows(facts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows for jsonb_populate_recordset: nothing in them has lost precision."""
    return [{name: _exact(value) for name, value in fact.items()} for fact in facts]


def _exact(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Decimal():
            return str(value)
        case _:
            return value
