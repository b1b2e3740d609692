"""Deletes dead letters that tell of a user: they are replayed as they are, or not at all."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.runtime.bus.dead_letter import Source
from services.warehouse.database import Session
from services.warehouse.erasure.naming import Naming, Says
from services.warehouse.erasure.shape import BATCH, PAGE, Page, page_of, shape_of
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)
# What is longer has more than one byte before it that says so.
LONGEST_OF_ONE_BYTE = 127

Tells = Callable[[Naming, Source, bytes], bool]
"""Whether what a letter holds tells of the user."""


async def delete_page(
    session: Session,
    tells: Tells,
    naming: Naming,
    after: Sequence[str] | None,
    rows: int = PAGE,
) -> Page:
    """What follows a place in the order of keys."""
    shape = await shape_of(session, "dead_letters")
    found = await session.connection.fetch(
        shape.look_through(QUERIES["in_letter"], after),
        *(session.workspace_id, naming.needles, rows, *(after or ())),
    )
    hits, place = page_of(found, rows, BATCH)
    told = [row for row in hits if _is_told(naming, row, tells)]
    for row in told:
        key = [row[name] for name in shape.names]
        await session.connection.execute(shape.drop(), session.workspace_id, *key)
    return place, len(told)


def _is_told(naming: Naming, letter: Mapping[str, Any], tells: Tells) -> bool:
    key = (letter["key"] or b"").decode(errors="replace")
    return (
        key == naming.user_id
        or naming.names(letter["message"], Says.TEXT)
        or tells(naming, Source(letter["source"]), letter["payload"])
    )


def told_by_bytes(naming: Naming, _: Source, payload: bytes) -> bool:
    """Of what nobody can read: as JSON, else as a text, in which fields may stand that have their
    length before them."""
    try:
        return naming.names(json.loads(payload), Says.VALUES)
    except ValueError:
        user = naming.user_id.encode()
        as_field = bytes([len(user)]) + user if len(user) <= LONGEST_OF_ONE_BYTE else user
        text = payload.decode(errors="replace")
        return as_field in payload or naming.names(text, Says.TEXT)
