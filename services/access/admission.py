"""Lets a program in by its secret: for a token of the mesh, so that services see one identity.

The token is given again until half of its life is over: a program that calls a thousand times a
second costs the database a look in two minutes. Whoever is not known here waits behind few others
of that kind, so that a flood of forged keys leaves connections for those that are.
"""

import asyncio
import hmac
from collections import OrderedDict
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from services.access.secrets import hash_of, key_of
from services.access.unknown import Unknown
from services.access.uses import Uses
from services.runtime.faults import ResourceExhausted, Unauthenticated, Unavailable
from services.runtime.mesh_tokens import (
    MeshToken,
    MeshTokens,
    key_subject,
    mark_of,
    secret_subject,
)
from services.runtime.revocations import Revocations
from services.warehouse.access.keeping import FoundKey

MOST_REMEMBERED = 10_000
# Further ones would only wait for a connection to the database.
MOST_LOOKS = 64
# Of secrets that are not known here, so many are looked for at a time.
STRANGERS_AT_ONCE = 2
# So long a secret that is known waits for what can be said of it now.
LOOK_SECONDS = 1.0


class Keys(Protocol):
    """Where keys are looked for."""

    async def find(self, api_key_id: str) -> list[FoundKey]: ...


@dataclass(frozen=True)
class _Admitted:
    key: FoundKey
    token: MeshToken


class Admission:
    """Of all programs that come to this process."""

    def __init__(
        self, keys: Keys, tokens: MeshTokens, revocations: Revocations, uses: Uses
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        self._revocations = revocations
        self._uses = uses
        self._admitted: OrderedDict[bytes, _Admitted] = OrderedDict()
        self._looks: dict[bytes, asyncio.Task[_Admitted]] = {}
        self._strangers = asyncio.Semaphore(STRANGERS_AT_ONCE)
        self._unknown = Unknown()

    async def token_for(self, secret: str) -> str:
        """Raises Unauthenticated; or Unavailable or ResourceExhausted if it cannot be said now."""
        api_key_id = key_of(secret)
        if api_key_id is None:
            raise _invalid()
        known = self._admitted.get(digest := hash_of(secret))
        if known is None and self._unknown.has(api_key_id, digest):
            raise _invalid()
        if known is None or not known.token.is_fresh(datetime.now(UTC)):
            known = await self._looked_for(api_key_id, digest, known)
        if self._has_ended(known.key):
            raise _invalid()
        self._uses.note(known.key.workspace_id, known.key.api_key_id)
        return known.token.text

    async def _looked_for(
        self, api_key_id: str, digest: bytes, known: _Admitted | None
    ) -> _Admitted:
        """What was found out stays good, to its end, while nobody can say more."""
        is_good = known is not None and known.token.expires_at > datetime.now(UTC)
        look = self._look_to_share(api_key_id, digest, is_known=is_good)
        if known is None or not is_good:
            return await asyncio.shield(look)
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                return await asyncio.shield(look)
        except (Unavailable, ResourceExhausted, TimeoutError):
            return known

    def _look_to_share(
        self, api_key_id: str, digest: bytes, *, is_known: bool
    ) -> "asyncio.Task[_Admitted]":
        """One look at a time for one secret, whoever of those who wait for it gives up."""
        look = self._looks.get(digest)
        if look is None:
            if len(self._looks) >= MOST_LOOKS and not is_known:
                raise Unavailable("SERVER_BUSY", f"{MOST_LOOKS} keys are being looked for")
            look = self._looks[digest] = asyncio.create_task(
                self._look(api_key_id, digest, is_known)
            )
            look.add_done_callback(lambda done: self._looked(digest, done))
        return look

    def _looked(self, digest: bytes, done: "asyncio.Task[_Admitted]") -> None:
        del self._looks[digest]
        if not done.cancelled():
            done.exception()  # Whoever waits for it is told; perhaps nobody does any more.

    async def _look(self, api_key_id: str, digest: bytes, is_known: bool) -> _Admitted:
        async with nullcontext() if is_known else self._strangers:
            found = await self._keys.find(api_key_id)
        key = self._with_secret(found, api_key_id, digest)
        ends = [end for end in (key.expires_at, key.good_until) if end is not None]
        end = min(ends, default=None)
        if end is not None and end <= datetime.now(UTC):
            raise Unauthenticated("API_KEY_EXPIRED", "the API key has expired")
        token = self._tokens.issue(
            key_subject(key.api_key_id),
            key.workspace_id,
            key.permissions,
            until=end,
            mark=mark_of(digest),
        )
        return self._remember(digest, _Admitted(key, token))

    def _with_secret(self, found: list[FoundKey], api_key_id: str, digest: bytes) -> FoundKey:
        """All are compared, and each as long as any."""
        equal = [key for key in found if hmac.compare_digest(key.hash, digest)]
        if not equal:
            self._unknown.note(digest if found else api_key_id)
            raise _invalid()
        return equal[0]

    def _remember(self, digest: bytes, admitted: _Admitted) -> _Admitted:
        self._admitted[digest] = admitted
        self._admitted.move_to_end(digest)
        if len(self._admitted) > MOST_REMEMBERED:
            self._admitted.popitem(last=False)
        return admitted

    def _has_ended(self, key: FoundKey) -> bool:
        """A key or secret that has ended is remembered here a little longer than it is good."""
        subject = key_subject(key.api_key_id)
        ended = (subject, secret_subject(subject, key.hash))
        return self._revocations.has(ended, key.workspace_id)


def _invalid() -> Unauthenticated:
    return Unauthenticated("API_KEY_INVALID", "the API key is not one of ours, or not any more")
