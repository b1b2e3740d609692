"""Targets as their owners make and change them."""

from dataclasses import dataclass, replace
from datetime import timedelta

from shadower.notifications.v1.target_pb2 import Target

from services.notifications.checking import check, unsuitable
from services.notifications.definitions import (
    Secrets,
    Vault,
    kind_of,
    new_signing_secret,
    read,
    secrets_in,
    without_secrets,
    write,
)
from services.notifications.guard import Guard
from services.notifications.sealing import UnreadableSecretError
from services.runtime.faults import AlreadyExists
from services.translation.ids import etag_of
from services.warehouse.database import Database, Session
from services.warehouse.notifications.lanes import forgive
from services.warehouse.notifications.targets import (
    KeptTarget,
    NewTarget,
    create_target,
    find_target,
    get_target,
    get_target_to_change,
    replace_target,
    rotate_secret,
    take_turn,
)

Kept = tuple[KeptTarget, str]
"""A target, and the secret that was made for it; empty if none was."""


@dataclass(frozen=True)
class Asked:
    """Which target is to say what, and who wants that."""

    target_id: str
    target: Target
    by: str


class Keeper:
    """Checks what is asked for, and keeps it."""

    def __init__(self, database: Database, vault: Vault, guard: Guard, *, has_mail: bool) -> None:
        self._database = database
        self._vault = vault
        self._guard = guard
        self._has_mail = has_mail

    async def make(self, workspace_id: str, asked: Asked) -> Kept:
        """Raises InvalidArgument, AlreadyExists or ResourceExhausted."""
        secrets = secrets_in(asked.target)
        await self._check(asked.target, secrets)
        async with self._database.writing(workspace_id) as session:
            await take_turn(session)
            known = await find_target(session, asked.target_id)
            if known is None:
                whole = _signing(asked.target, secrets)
                await create_target(session, self._new(session, asked, whole))
                return await get_target(session, asked.target_id), whole.signing
            if self._says(workspace_id, known, asked.target, secrets):
                return known, ""
        raise _exists(asked.target_id)

    async def change(self, workspace_id: str, asked: Asked, etag: str) -> Kept:
        """Raises InvalidArgument, NotFound or AlreadyExists."""
        async with self._database.reading(workspace_id) as session:
            before = await get_target(session, asked.target_id)
        secrets = self._completed(workspace_id, before, asked.target)
        # Before what is wrong with it: what somebody else has changed, as the kind, may be why.
        if etag != etag_of(before) and not self._says(workspace_id, before, asked.target, secrets):
            raise _changed(before)
        await self._check(asked.target, secrets)
        async with self._database.writing(workspace_id) as session:
            known = await get_target_to_change(session, asked.target_id)
            if self._says(workspace_id, known, asked.target, secrets):
                return known, ""
            if etag != etag_of(known) or known.version != before.version:
                raise _changed(known)
            whole = _signing(asked.target, secrets)
            await replace_target(session, self._new(session, asked, whole))
            await forgive(session, asked.target_id)
            is_new = whole.signing != secrets.signing
            return await get_target(session, asked.target_id), whole.signing if is_new else ""

    async def rotate(self, workspace_id: str, target_id: str, grace: timedelta, by: str) -> Kept:
        """Raises NotFound or InvalidArgument."""
        async with self._database.writing(workspace_id) as session:
            known = await get_target_to_change(session, target_id)
            kind = kind_of(read(known.definition))
            if kind != "webhook":
                raise unsuitable(kind, "nothing is signed for a target of that kind")
            before = self._secrets_of(workspace_id, known)
            after = replace(before, signing=new_signing_secret(), previous=before.signing)
            sealed = self._vault.seal(workspace_id, target_id, after)
            await rotate_secret(session, target_id, sealed, grace, by)
            return await get_target(session, target_id), after.signing

    async def _check(self, target: Target, secrets: Secrets) -> None:
        if kind_of(target) == "email" and not self._has_mail:
            raise unsuitable("email", "no server for mail is set")
        await check(self._guard, target, secrets)

    def _new(self, session: Session, asked: Asked, secrets: Secrets) -> NewTarget:
        return NewTarget(
            target_id=asked.target_id,
            definition=write(asked.target),
            sealed=self._vault.seal(session.workspace_id, asked.target_id, secrets),
            updated_by=asked.by,
            is_enabled=not asked.target.disabled,
        )

    def _says(self, workspace_id: str, known: KeptTarget, said: Target, secrets: Secrets) -> bool:
        """Whether it says the same already."""
        told = self._secrets_of(workspace_id, known)
        is_same = (told.url, told.routing_key) == (secrets.url, secrets.routing_key)
        return is_same and read(known.definition) == without_secrets(said)

    def _completed(self, workspace_id: str, known: KeptTarget, said: Target) -> Secrets:
        """With those that stay."""
        told = secrets_in(said)
        if kind_of(read(known.definition)) != kind_of(said):
            return told
        before = self._secrets_of(workspace_id, known)
        return replace(
            before,
            url=told.url or before.url,
            routing_key=told.routing_key or before.routing_key,
        )

    def _secrets_of(self, workspace_id: str, known: KeptTarget) -> Secrets:
        """None, if they cannot be opened any more: then all must be given again."""
        try:
            return self._vault.secrets_of(workspace_id, known)
        except UnreadableSecretError:
            return Secrets()


def _signing(target: Target, secrets: Secrets) -> Secrets:
    """With a secret for signing, where something is signed."""
    if kind_of(target) != "webhook" or secrets.signing:
        return secrets
    return replace(secrets, signing=new_signing_secret())


def _exists(target_id: str) -> AlreadyExists:
    return AlreadyExists(
        "TARGET_EXISTS",
        f"there is a target {target_id} that says something else",
        metadata={"targetId": target_id},
    )


def _changed(known: KeptTarget) -> AlreadyExists:
    return AlreadyExists(
        "TARGET_CHANGED",
        f"target {known.target_id} was changed since",
        metadata={"targetId": known.target_id, "etag": etag_of(known)},
    )
