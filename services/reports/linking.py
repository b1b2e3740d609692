"""Links to reports: who has a link's URL needs no token."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from services.runtime.faults import PermissionDenied, ResourceExhausted
from services.warehouse.database import Session
from services.warehouse.reports.definitions import take_turn
from services.warehouse.reports.links import (
    KeptLink,
    NewLink,
    check_room_for_link,
    count_opening,
    create_link,
    find_report_behind,
)

USUAL_LIFETIME = timedelta(days=1)
LONGEST_LIFETIME = timedelta(days=7)
ID_BYTES = 12
SECRET_BYTES = 32
MOST_IN_A_MINUTE = 60
MINUTE = timedelta(minutes=1)

Way: TypeAlias = tuple[KeptLink, str]
"""A link and its URL, which nobody can be told again."""


@dataclass(frozen=True)
class Linking:
    """Makes links that lead to the edge."""

    public_url: str

    async def make(self, session: Session, report_id: str, by: str, lifetime: timedelta) -> Way:
        """Raises ResourceExhausted."""
        await take_turn(session)
        await check_room_for_link(session, report_id)
        link_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        new = NewLink(link_id, report_id, _hash(secret), by, lifetime)
        return await create_link(session, new), self._url(session.workspace_id, link_id, secret)

    def _url(self, workspace_id: str, link_id: str, secret: str) -> str:
        path = f"/v1/workspaces/{workspace_id}/reportLinks/{link_id}"
        # Not in the path, which is what access logs keep.
        return f"{self.public_url}{path}?secret={secret}"


async def follow(session: Session, link_id: str, secret: str) -> str:
    """The report that it leads to. Raises PermissionDenied or ResourceExhausted."""
    report_id = await find_report_behind(session, link_id, _hash(secret))
    if report_id is None:
        raise PermissionDenied(
            "REPORT_LINK_INVALID",
            "the link leads nowhere, or does not any more",
            metadata={"linkId": link_id},
        )
    if await count_opening(session, link_id) > MOST_IN_A_MINUTE:
        raise ResourceExhausted(
            "REPORT_LINK_BUSY",
            f"the link was opened {MOST_IN_A_MINUTE} times in this minute",
            metadata={"linkId": link_id, "limitPerMinute": str(MOST_IN_A_MINUTE)},
            retry_after=MINUTE,
        )
    return report_id


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
