"""AccessService: ends tokens, keeps keys of programs, and shows the audit log."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shadower.access.v1 import access_service_pb2 as pb
from shadower.access.v1.access_service_pb2_grpc import AccessServiceServicer

from services.access import audit_entries, places
from services.access.answers import api_key, revoked_token
from services.access.secrets import hash_of, new_id, new_secret
from services.runtime.call import Context, current_call
from services.runtime.contract import permission_name, role_grants
from services.runtime.faults import PermissionDenied, invalid_field
from services.runtime.mesh_tokens import LIFE, key_subject, secret_subject
from services.runtime.times import from_duration, to_datetime
from services.translation.pages import page_size
from services.warehouse.access.api_keys import (
    NewKey,
    create_key,
    delete_key,
    get_key,
    list_keys,
    rotate_key,
)
from services.warehouse.access.audit import list_entries
from services.warehouse.access.revocations import end_tokens, list_revoked, revoke
from services.warehouse.database import Database, Session

DEFAULT_PAGE = 50
MAX_PAGE = 500
USUAL_GRACE = timedelta(hours=24)
# Clocks of processes may differ by that.
MARGIN = timedelta(minutes=1)
DEFAULT_ROLE = "service"


class AccessServicer(AccessServiceServicer):
    """Translates between the contract and the warehouse's records of who may come in."""

    def __init__(self, database: Database, longest_token: timedelta) -> None:
        self._database = database
        self._longest_token = longest_token

    async def RevokeToken(
        self, request: pb.RevokeTokenRequest, context: Context
    ) -> pb.RevokeTokenResponse:
        latest = datetime.now(UTC) + self._longest_token
        until = min(_end(request) or latest, latest) + MARGIN
        async with self._database.writing(request.workspace_id) as session:
            known = await revoke(session, request.token_id, request.reason, _caller(), until)
        return pb.RevokeTokenResponse(revoked_token=revoked_token(known))

    async def ListRevokedTokens(
        self, request: pb.ListRevokedTokensRequest, context: Context
    ) -> pb.ListRevokedTokensResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_revoked(session, limit + 1, places.read(request, places.token_id))
        return pb.ListRevokedTokensResponse(
            revoked_tokens=map(revoked_token, found[:limit]),
            next_page_token=places.following(request, [one.place for one in found], limit),
        )

    async def CreateApiKey(
        self, request: pb.CreateApiKeyRequest, context: Context
    ) -> pb.CreateApiKeyResponse:
        held = frozenset(map(permission_name, request.permissions)) or role_grants()[DEFAULT_ROLE]
        _check_held(held)
        key_id = new_id()
        secret = new_secret(key_id)
        new = NewKey(
            api_key_id=key_id,
            display_name=request.display_name,
            permissions=sorted(held),
            created_by=_caller(),
            expires_at=_end(request),
            hash=hash_of(secret),
        )
        async with self._database.writing(request.workspace_id) as session:
            key = await create_key(session, new)
        current_call().facts["apiKeyId"] = key_id
        return pb.CreateApiKeyResponse(api_key=api_key(key), secret=secret)

    async def ListApiKeys(
        self, request: pb.ListApiKeysRequest, context: Context
    ) -> pb.ListApiKeysResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_keys(session, limit + 1, places.read(request, places.key_id))
        return pb.ListApiKeysResponse(
            api_keys=map(api_key, found[:limit]),
            next_page_token=places.following(request, [one.place for one in found], limit),
        )

    async def RotateApiKey(
        self, request: pb.RotateApiKeyRequest, context: Context
    ) -> pb.RotateApiKeyResponse:
        grace = USUAL_GRACE
        if request.HasField("grace_period"):
            grace = from_duration(request.grace_period)
        secret = new_secret(request.api_key_id)
        async with self._database.writing(request.workspace_id) as session:
            _check_held((await get_key(session, request.api_key_id)).permissions)
            key, replaced = await rotate_key(session, request.api_key_id, hash_of(secret), grace)
            if not grace:
                subject = key_subject(key.api_key_id)
                ended = [secret_subject(subject, one) for one in replaced]
                await _end_tokens(session, ended, "the secret was replaced")
        return pb.RotateApiKeyResponse(api_key=api_key(key), secret=secret)

    async def DeleteApiKey(
        self, request: pb.DeleteApiKeyRequest, context: Context
    ) -> pb.DeleteApiKeyResponse:
        async with self._database.writing(request.workspace_id) as session:
            await delete_key(session, request.api_key_id)
            await _end_tokens(session, [key_subject(request.api_key_id)], "the key was deleted")
        return pb.DeleteApiKeyResponse()

    async def ListAuditEntries(
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        after = places.read(request, places.uuid)
        query = audit_entries.query(request.filter, limit + 1, after)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_entries(session, query, "latest")
        found_places = [(one.occurred_at, str(one.entry_id)) for one in found]
        return pb.ListAuditEntriesResponse(
            audit_entries=map(audit_entries.answer, found[:limit]),
            next_page_token=places.following(request, found_places, limit),
        )

    async def ExportAuditEntries(
        self, request: pb.ExportAuditEntriesRequest, context: Context
    ) -> AsyncIterator[pb.ExportAuditEntriesResponse]:
        # A session of its own for each part: a slow reader holds no connection.
        query = audit_entries.query(request.filter, MAX_PAGE, None)
        while True:
            async with self._database.reading(request.workspace_id) as session:
                found = await list_entries(session, query, "earliest")
            if found:
                yield pb.ExportAuditEntriesResponse(audit_entries=map(audit_entries.answer, found))
            if len(found) < MAX_PAGE:
                return
            query = audit_entries.behind(query, found[-1])


async def _end_tokens(session: Session, token_ids: Sequence[str], reason: str) -> None:
    """Of tokens that were given for a key; they would expire soon."""
    until = datetime.now(UTC) + LIFE + MARGIN
    await end_tokens(session, token_ids, reason, _caller(), until)


def _caller() -> str:
    return current_call().principal.subject


def _check_held(permissions: Iterable[str]) -> None:
    """Nobody hands on what they have not."""
    missing = sorted(set(permissions) - current_call().principal.permissions)
    if missing:
        raise PermissionDenied(
            "PERMISSION_MISSING",
            f"the token lacks the permission {missing[0]}, which the key has or would have",
            metadata={"permission": missing[0]},
        )


def _end(request: pb.RevokeTokenRequest | pb.CreateApiKeyRequest) -> datetime | None:
    """When it expires, if that is said. Raises InvalidArgument if it has."""
    if not request.HasField("expire_time"):
        return None
    time = to_datetime(request.expire_time)
    if time <= datetime.now(UTC):
        raise invalid_field("expire_time", "must be in the future")
    return time
