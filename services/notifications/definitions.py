"""Targets between the contract and what is kept of them: what they say, and what is secret."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from shadower.notifications.v1 import target_pb2 as pb
from yarl import URL

from services.notifications.sealing import Sealer
from services.warehouse.notifications.targets import KeptTarget

PREFIX = "whsec_"
SECRET_BYTES = 32
PAGER_DUTY_URL = "https://events.pagerduty.com/v2/enqueue"


@dataclass(frozen=True)
class Secrets:
    """What is never told again."""

    url: str = ""
    routing_key: str = ""
    signing: str = ""
    previous: str = ""

    @property
    def host(self) -> str:
        return URL(self.url).host or "" if self.url else ""


@dataclass(frozen=True)
class OpenTarget:
    """A target as something can be sent to it."""

    target_id: str
    said: pb.Target
    """Without secrets."""
    secrets: Secrets
    previous_until: datetime

    @property
    def kind(self) -> str:
        return kind_of(self.said)

    @property
    def url(self) -> str:
        return self.secrets.url or PAGER_DUTY_URL

    def signing(self, at: datetime) -> list[str]:
        """The secrets by which something is signed then."""
        previous = [self.secrets.previous] if at < self.previous_until else []
        return [self.secrets.signing, *(one for one in previous if one)]


def kind_of(target: pb.Target) -> str:
    return str(target.WhichOneof("address"))


def new_signing_secret() -> str:
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def secrets_in(target: pb.Target) -> Secrets:
    """What a request tells of them."""
    address: Any = getattr(target, kind_of(target))
    return Secrets(url=getattr(address, "url", ""), routing_key=getattr(address, "routing_key", ""))


def without_secrets(target: pb.Target) -> pb.Target:
    told = pb.Target()
    told.CopyFrom(target)
    address: Any = getattr(told, kind_of(told))
    for name in ("url", "routing_key"):
        if name in address.DESCRIPTOR.fields_by_name:
            address.ClearField(name)
    address.SetInParent()
    return told


def write(target: pb.Target) -> dict[str, Any]:
    """As it is kept."""
    return MessageToDict(without_secrets(target), preserving_proto_field_name=True)


def read(definition: Mapping[str, Any]) -> pb.Target:
    """What a later version has added is passed over."""
    return ParseDict(dict(definition), pb.Target(), ignore_unknown_fields=True)


class Vault:
    """Seals and opens what is secret of targets."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, workspace_id: str, target_id: str, secrets: Secrets) -> bytes:
        content = json.dumps({name: one for name, one in asdict(secrets).items() if one})
        return self._sealer.seal(content.encode(), _owner(workspace_id, target_id))

    def secrets_of(self, workspace_id: str, kept: KeptTarget) -> Secrets:
        """Raises UnreadableSecretError."""
        content = self._sealer.open(kept.sealed, _owner(workspace_id, kept.target_id))
        return replace(Secrets(), **json.loads(content))

    def open(self, workspace_id: str, kept: KeptTarget) -> OpenTarget:
        """Raises UnreadableSecretError."""
        secrets = self.secrets_of(workspace_id, kept)
        return OpenTarget(kept.target_id, read(kept.definition), secrets, kept.previous_until)


def _owner(workspace_id: str, target_id: str) -> str:
    return f"{workspace_id}/{target_id}"
