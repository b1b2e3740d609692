"""Keys of programs, by workspace. Of their secrets only hashes are kept."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.runtime.faults import NotFound
from services.warehouse.access.revocations import access_full
from services.warehouse.database import Session, rows_affected
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)

MOST_KEYS = 500
MOST_SECRETS = 8

Place = tuple[datetime, str]


@dataclass(frozen=True)
class KeptSecret:
    """A secret as it is known: by its times."""

    created_at: datetime
    good_until: datetime | None


@dataclass(frozen=True)
class ApiKey:
    """A key as it lies in its workspace."""

    api_key_id: str
    display_name: str
    permissions: Sequence[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    secrets: Sequence[KeptSecret] = ()

    @property
    def place(self) -> Place:
        return self.created_at, self.api_key_id


@dataclass(frozen=True)
class NewKey:
    """What is asked for."""

    api_key_id: str
    display_name: str
    permissions: Sequence[str]
    created_by: str
    expires_at: datetime | None
    hash: bytes


async def create_key(session: Session, new: NewKey) -> ApiKey:
    """Raises ResourceExhausted."""
    connection, workspace_id = session.connection, session.workspace_id
    await connection.execute(QUERIES["turn"], workspace_id)
    if await connection.fetchval(QUERIES["count_keys"], workspace_id) >= MOST_KEYS:
        raise access_full(MOST_KEYS, "API keys")
    values = (new.display_name, list(new.permissions), new.created_by, new.expires_at)
    await connection.execute(QUERIES["create"], workspace_id, new.api_key_id, *values)
    await connection.execute(QUERIES["add_secret"], workspace_id, new.api_key_id, new.hash)
    return await get_key(session, new.api_key_id)


async def rotate_key(
    session: Session, api_key_id: str, secret_hash: bytes, grace: timedelta
) -> tuple[ApiKey, list[bytes]]:
    """Also the hashes of secrets that were good. Raises NotFound or ResourceExhausted."""
    connection, key = session.connection, (session.workspace_id, api_key_id)
    await connection.execute(QUERIES["turn"], session.workspace_id)
    await get_key(session, api_key_id)
    replaced = await connection.fetch(QUERIES["end_secrets"], *key, grace)
    if await connection.fetchval(QUERIES["count_secrets"], *key) >= MOST_SECRETS:
        raise access_full(MOST_SECRETS, "secrets of an API key")
    await connection.execute(QUERIES["add_secret"], *key, secret_hash)
    return await get_key(session, api_key_id), [row["hash"] for row in replaced]


async def delete_key(session: Session, api_key_id: str) -> None:
    """With all of its secrets. Raises NotFound."""
    # Whoever rotates it at the same time must not add a secret to a key that is no more.
    await session.connection.execute(QUERIES["turn"], session.workspace_id)
    done = await session.connection.execute(QUERIES["delete"], session.workspace_id, api_key_id)
    if not rows_affected(done):
        raise key_not_found(api_key_id)


async def get_key(session: Session, api_key_id: str) -> ApiKey:
    """Raises NotFound."""
    row = await session.connection.fetchrow(QUERIES["get"], session.workspace_id, api_key_id)
    if row is None:
        raise key_not_found(api_key_id)
    secrets = await _secrets(session, [api_key_id])
    return ApiKey(**dict(row), secrets=secrets.get(api_key_id, ()))


async def list_keys(session: Session, limit: int, after: Place | None) -> list[ApiKey]:
    """Those of the session's workspace, the latest first."""
    place = after or (None, None)
    rows = await session.connection.fetch(QUERIES["list"], session.workspace_id, *place, limit)
    secrets = await _secrets(session, [row["api_key_id"] for row in rows])
    return [ApiKey(**dict(row), secrets=secrets.get(row["api_key_id"], ())) for row in rows]


async def _secrets(session: Session, ids: Sequence[str]) -> Mapping[str, Sequence[KeptSecret]]:
    rows = await session.connection.fetch(QUERIES["secrets"], session.workspace_id, list(ids))
    found = defaultdict(list)
    for row in rows:
        found[row["api_key_id"]].append(KeptSecret(row["created_at"], row["good_until"]))
    return found


def key_not_found(api_key_id: str) -> NotFound:
    return NotFound(
        "API_KEY_NOT_FOUND",
        f"the workspace has no API key {api_key_id}",
        metadata={"apiKeyId": api_key_id},
    )
