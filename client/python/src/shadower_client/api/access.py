"""Of shadower.access.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.access.v1 import access_service_pb2

from shadower_client.api import (
    common,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.message import Message
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(Message):
    """A key by which a program comes in, without its secret, which is told once and kept
    nowhere.
    """

    PROTO: ClassVar[str] = "shadower.access.v1.ApiKey"
    api_key_id: str = ""
    """Its id: 24 hexadecimal digits."""
    display_name: str = ""
    """What people call it."""
    prefix: str = ""
    """What its secrets begin with: "shk_" and the id."""
    permissions: tuple[common.Permission, ...] = ()
    """What it may do in its workspace, and nothing else anywhere."""
    created_by: str = ""
    """The subject of who made it."""
    create_time: datetime | None = None
    """When it was made."""
    expire_time: datetime | None = None
    """From when on it is of no use; absent if it lives until it is deleted."""
    last_use_time: datetime | None = None
    """When it last let somebody in, to the minute, told about half a minute later; absent if
    never.
    """
    secrets: tuple[ApiKeySecret, ...] = ()
    """The secrets that are good now, the newest first: one, and more while it is being
    rotated.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeySecret(Message):
    """What is known of a secret."""

    PROTO: ClassVar[str] = "shadower.access.v1.ApiKeySecret"
    create_time: datetime | None = None
    """When it was made."""
    good_until: datetime | None = None
    """Until when it is good; absent if as long as its key. Those that were rotated have an
    end.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Message):
    """An administrative call, or one that was denied, as it was written down when it ended."""

    PROTO: ClassVar[str] = "shadower.access.v1.AuditEntry"
    audit_entry_id: str = ""
    """Its UUID."""
    time: datetime | None = None
    """When the call ended."""
    subject: str = ""
    """The subject of who called; empty if nobody knows."""
    token_id: str = ""
    """The id of the token by which they called: its claim "jti"; empty if nobody knows."""
    rpc: str = ""
    """The RPC, as "/shadower.access.v1.AccessService/RevokeToken"."""
    code: int = 0
    """How it ended: a value of google.rpc.Code, 0 for OK; 1, CANCELLED, if its caller did not
    wait for the end, and what was asked may have been done.
    """
    reason: common.ErrorReason = common.ErrorReason.UNSPECIFIED
    """Why it ended so; not set where code is 0 or 1."""
    request_id: str = ""
    """The id of the call, which finds it in the logs."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What was asked, by the names of fields as JSON has them; never a secret. Texts are cut
    after 200 characters.
    """
    calls: int = 0
    """How many calls this entry stands for. More than 1 if so many were denied within a minute
    that the rest of them was only counted; then the other fields are those of the last.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokedToken(Message):
    """A token that ended before its time."""

    PROTO: ClassVar[str] = "shadower.access.v1.RevokedToken"
    token_id: str = ""
    """The token's id: its claim "jti". "api-key:" and a key's id stands for every token that
    was given for that key.
    """
    reason: str = ""
    """Why, in the words of who revoked it; empty if nothing was said."""
    revoked_by: str = ""
    """The subject of who revoked it."""
    revoke_time: datetime | None = None
    """When it was last revoked."""
    keep_until: datetime | None = None
    """Until when this is kept, at least. The token has expired by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeTokenResponse(Message):
    """The token is revoked."""

    PROTO: ClassVar[str] = "shadower.access.v1.RevokeTokenResponse"
    revoked_token: RevokedToken
    """What is kept of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRevokedTokensResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.access.v1.ListRevokedTokensResponse"
    ITEMS: ClassVar[str] = "revoked_tokens"
    revoked_tokens: tuple[RevokedToken, ...] = ()
    """Tokens, the latest revoked first."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKeyResponse(Message):
    """The key."""

    PROTO: ClassVar[str] = "shadower.access.v1.CreateApiKeyResponse"
    api_key: ApiKey
    """What is kept of it."""
    secret: str = ""
    """The secret, which is never told again: "shk_", the id, "_", and 49 letters and digits,
    of which the last six are a checksum. It goes into the header "authorization", behind
    "Bearer ", or into "x-api-key".
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApiKeysResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.access.v1.ListApiKeysResponse"
    ITEMS: ClassVar[str] = "api_keys"
    api_keys: tuple[ApiKey, ...] = ()
    """Keys, the latest made first."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKeyResponse(Message):
    """The key has another secret."""

    PROTO: ClassVar[str] = "shadower.access.v1.RotateApiKeyResponse"
    api_key: ApiKey
    """What is kept of it."""
    secret: str = ""
    """The new secret, which is never told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteApiKeyResponse(Message):
    """The key is deleted."""

    PROTO: ClassVar[str] = "shadower.access.v1.DeleteApiKeyResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter(Message):
    """Which entries are meant; of everything that is given, all must hold."""

    PROTO: ClassVar[str] = "shadower.access.v1.AuditFilter"
    start_time: datetime | None = None
    """Not earlier than this, from 1970 on and before 2200. If absent, from the first on."""
    end_time: datetime | None = None
    """Earlier than this, from 1970 on and before 2200. If absent, up to now."""
    subject: str = ""
    """Of this subject, up to 1,024 characters, none of them NUL; if empty, of all."""
    rpc: str = ""
    """Of this RPC, as "/shadower.access.v1.AccessService/RevokeToken"; if empty, of all."""
    code: int | None = None
    """That ended with this google.rpc.Code, 0 to 16; if absent, however they ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAuditEntriesResponse(Message, Table):
    """The list, or a page of it."""

    PROTO: ClassVar[str] = "shadower.access.v1.ListAuditEntriesResponse"
    ITEMS: ClassVar[str] = "audit_entries"
    audit_entries: tuple[AuditEntry, ...] = ()
    """Entries, the latest first."""
    next_page_token: str = ""
    """Where the next page begins; empty on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAuditEntriesResponse(Message, Table):
    """A part of the export."""

    PROTO: ClassVar[str] = "shadower.access.v1.ExportAuditEntriesResponse"
    ITEMS: ClassVar[str] = "audit_entries"
    audit_entries: tuple[AuditEntry, ...] = ()
    """1 to 500 entries, the earliest first."""


REVOKE_TOKEN = Method(
    "/shadower.access.v1.AccessService/RevokeToken",
    access_service_pb2.RevokeTokenRequest,
    access_service_pb2.RevokeTokenResponse,
    RevokedToken,
    is_idempotent=True,
    unwrap="revoked_token",
)

LIST_REVOKED_TOKENS = Method(
    "/shadower.access.v1.AccessService/ListRevokedTokens",
    access_service_pb2.ListRevokedTokensRequest,
    access_service_pb2.ListRevokedTokensResponse,
    ListRevokedTokensResponse,
    is_idempotent=True,
)

CREATE_API_KEY = Method(
    "/shadower.access.v1.AccessService/CreateApiKey",
    access_service_pb2.CreateApiKeyRequest,
    access_service_pb2.CreateApiKeyResponse,
    CreateApiKeyResponse,
)

LIST_API_KEYS = Method(
    "/shadower.access.v1.AccessService/ListApiKeys",
    access_service_pb2.ListApiKeysRequest,
    access_service_pb2.ListApiKeysResponse,
    ListApiKeysResponse,
    is_idempotent=True,
)

ROTATE_API_KEY = Method(
    "/shadower.access.v1.AccessService/RotateApiKey",
    access_service_pb2.RotateApiKeyRequest,
    access_service_pb2.RotateApiKeyResponse,
    RotateApiKeyResponse,
)

DELETE_API_KEY = Method(
    "/shadower.access.v1.AccessService/DeleteApiKey",
    access_service_pb2.DeleteApiKeyRequest,
    access_service_pb2.DeleteApiKeyResponse,
    type(None),
    is_idempotent=True,
)

LIST_AUDIT_ENTRIES = Method(
    "/shadower.access.v1.AccessService/ListAuditEntries",
    access_service_pb2.ListAuditEntriesRequest,
    access_service_pb2.ListAuditEntriesResponse,
    ListAuditEntriesResponse,
    is_idempotent=True,
)

EXPORT_AUDIT_ENTRIES = Method(
    "/shadower.access.v1.AccessService/ExportAuditEntries",
    access_service_pb2.ExportAuditEntriesRequest,
    access_service_pb2.ExportAuditEntriesResponse,
    ExportAuditEntriesResponse,
    is_idempotent=True,
)


class AccessApi:
    """Decides who may come in: ends tokens before their time, keeps the keys of programs, and
    shows what was administered and denied.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def revoke_token(
        self,
        token_id: str,
        *,
        expire_time: datetime | None = None,
        reason: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RevokedToken:
        """Ends a token's access to the workspace before the token expires. In the reserved
        workspace "shadower-system" it ends the token everywhere. Every process follows within
        two seconds, also for streams that are open; calls by the token get TOKEN_REVOKED then.
        To revoke again is safe. ACCESS_FULL if 10,000 tokens of the workspace are revoked and
        not expired yet.

        :param token_id: The token's id, its claim "jti": up to 256 characters without blanks.
        :param expire_time: When the token expires, its claim "exp", in the future and before
            2200. The revocation need not be kept longer. If absent: as late as any token of now
            may expire.
        :param reason: Why, for those who read it later: up to 500 characters, none of them NUL.
        """
        return self._caller.unary(
            REVOKE_TOKEN,
            {"token_id": token_id, "expire_time": expire_time, "reason": reason},
            workspace,
            timeout,
        )

    def list_revoked_tokens(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListRevokedTokensResponse, RevokedToken]:
        """Lists the tokens that were revoked in the workspace and may not have expired yet, the
        latest first. Those that were revoked everywhere are listed in "shadower-system" alone.

        :param page_size: The most tokens to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_REVOKED_TOKENS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "revoked_tokens",
        )

    def create_api_key(
        self,
        display_name: str,
        *,
        permissions: Sequence[common.Permission] | None = None,
        expire_time: datetime | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key for a program, and tells its secret: once, since only a hash of it is kept.
        Not to be repeated blindly: each call makes another key. PERMISSION_MISSING for a
        permission that the caller does not hold itself; ACCESS_FULL if the workspace has 500
        keys.

        :param display_name: What people call it: 1 to 100 characters, none of them NUL.
        :param permissions: What it may do, each once, of what the caller holds. If empty: what
            the role "service" holds.
        :param expire_time: From when on it is of no use, in the future and before 2200. If
            absent, it lives until it is deleted.
        """
        return self._caller.unary(
            CREATE_API_KEY,
            {"display_name": display_name, "permissions": permissions, "expire_time": expire_time},
            workspace,
            timeout,
        )

    def list_api_keys(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListApiKeysResponse, ApiKey]:
        """Lists the workspace's keys, the latest first, also those that have expired.

        :param page_size: The most keys to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_API_KEYS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "api_keys",
        )

    def rotate_api_key(
        self,
        api_key_id: str,
        *,
        grace_period: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RotateApiKeyResponse:
        """Gives a key another secret, and tells it once. Those before it stay good for a while:
        tokens that were given for them last, until five minutes longer; without a grace period,
        they and their tokens end within two seconds. Not to be repeated blindly: each call
        makes another secret. API_KEY_NOT_FOUND, PERMISSION_MISSING if the key may do what the
        caller may not, or ACCESS_FULL if eight of its secrets are good.

        :param api_key_id: The key's id.
        :param grace_period: How long secrets of before stay good: 0 s to 30 days, and never
            longer than they would have been. If absent, 24 hours.
        """
        return self._caller.unary(
            ROTATE_API_KEY,
            {"api_key_id": api_key_id, "grace_period": grace_period},
            workspace,
            timeout,
        )

    def delete_api_key(
        self, api_key_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a key. Within two seconds nobody comes in by it any more, and its open streams
        end. API_KEY_NOT_FOUND if there is none, or none any more.

        :param api_key_id: The key's id.
        """
        return self._caller.unary(DELETE_API_KEY, {"api_key_id": api_key_id}, workspace, timeout)

    def list_audit_entries(
        self,
        *,
        filter: AuditFilter | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListAuditEntriesResponse, AuditEntry]:
        """Lists what was administered and denied in the workspace, the latest first.

        :param filter: Which entries; if absent, all.
        :param page_size: The most entries to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_AUDIT_ENTRIES,
            {"filter": filter, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "audit_entries",
        )

    def export_audit_entries(
        self,
        *,
        filter: AuditFilter | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Iterator[ExportAuditEntriesResponse]:
        """The same as a stream of all of them, the earliest first, up to the moment of the call.

        :param filter: Which entries; if absent, all.
        """
        return self._caller.stream(EXPORT_AUDIT_ENTRIES, {"filter": filter}, workspace, timeout)


class AsyncAccessApi:
    """Decides who may come in: ends tokens before their time, keeps the keys of programs, and
    shows what was administered and denied.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def revoke_token(
        self,
        token_id: str,
        *,
        expire_time: datetime | None = None,
        reason: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RevokedToken:
        """Ends a token's access to the workspace before the token expires. In the reserved
        workspace "shadower-system" it ends the token everywhere. Every process follows within
        two seconds, also for streams that are open; calls by the token get TOKEN_REVOKED then.
        To revoke again is safe. ACCESS_FULL if 10,000 tokens of the workspace are revoked and
        not expired yet.

        :param token_id: The token's id, its claim "jti": up to 256 characters without blanks.
        :param expire_time: When the token expires, its claim "exp", in the future and before
            2200. The revocation need not be kept longer. If absent: as late as any token of now
            may expire.
        :param reason: Why, for those who read it later: up to 500 characters, none of them NUL.
        """
        return await self._caller.unary(
            REVOKE_TOKEN,
            {"token_id": token_id, "expire_time": expire_time, "reason": reason},
            workspace,
            timeout,
        )

    def list_revoked_tokens(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListRevokedTokensResponse, RevokedToken]:
        """Lists the tokens that were revoked in the workspace and may not have expired yet, the
        latest first. Those that were revoked everywhere are listed in "shadower-system" alone.

        :param page_size: The most tokens to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_REVOKED_TOKENS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "revoked_tokens",
        )

    async def create_api_key(
        self,
        display_name: str,
        *,
        permissions: Sequence[common.Permission] | None = None,
        expire_time: datetime | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key for a program, and tells its secret: once, since only a hash of it is kept.
        Not to be repeated blindly: each call makes another key. PERMISSION_MISSING for a
        permission that the caller does not hold itself; ACCESS_FULL if the workspace has 500
        keys.

        :param display_name: What people call it: 1 to 100 characters, none of them NUL.
        :param permissions: What it may do, each once, of what the caller holds. If empty: what
            the role "service" holds.
        :param expire_time: From when on it is of no use, in the future and before 2200. If
            absent, it lives until it is deleted.
        """
        return await self._caller.unary(
            CREATE_API_KEY,
            {"display_name": display_name, "permissions": permissions, "expire_time": expire_time},
            workspace,
            timeout,
        )

    def list_api_keys(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListApiKeysResponse, ApiKey]:
        """Lists the workspace's keys, the latest first, also those that have expired.

        :param page_size: The most keys to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_API_KEYS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "api_keys",
        )

    async def rotate_api_key(
        self,
        api_key_id: str,
        *,
        grace_period: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RotateApiKeyResponse:
        """Gives a key another secret, and tells it once. Those before it stay good for a while:
        tokens that were given for them last, until five minutes longer; without a grace period,
        they and their tokens end within two seconds. Not to be repeated blindly: each call
        makes another secret. API_KEY_NOT_FOUND, PERMISSION_MISSING if the key may do what the
        caller may not, or ACCESS_FULL if eight of its secrets are good.

        :param api_key_id: The key's id.
        :param grace_period: How long secrets of before stay good: 0 s to 30 days, and never
            longer than they would have been. If absent, 24 hours.
        """
        return await self._caller.unary(
            ROTATE_API_KEY,
            {"api_key_id": api_key_id, "grace_period": grace_period},
            workspace,
            timeout,
        )

    async def delete_api_key(
        self, api_key_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a key. Within two seconds nobody comes in by it any more, and its open streams
        end. API_KEY_NOT_FOUND if there is none, or none any more.

        :param api_key_id: The key's id.
        """
        return await self._caller.unary(
            DELETE_API_KEY, {"api_key_id": api_key_id}, workspace, timeout
        )

    def list_audit_entries(
        self,
        *,
        filter: AuditFilter | None = None,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListAuditEntriesResponse, AuditEntry]:
        """Lists what was administered and denied in the workspace, the latest first.

        :param filter: Which entries; if absent, all.
        :param page_size: The most entries to answer at once: 0 stands for 50, more than 500 for
            500; not negative.
        :param page_token: Where to go on: the next_page_token of the answer before, to the same
            query. If empty, from the beginning.
        """
        return self._caller.pages(
            LIST_AUDIT_ENTRIES,
            {"filter": filter, "page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "audit_entries",
        )

    def export_audit_entries(
        self,
        *,
        filter: AuditFilter | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[ExportAuditEntriesResponse]:
        """The same as a stream of all of them, the earliest first, up to the moment of the call.

        :param filter: Which entries; if absent, all.
        """
        return self._caller.stream(EXPORT_AUDIT_ENTRIES, {"filter": filter}, workspace, timeout)
