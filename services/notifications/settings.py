"""What the process that tells people is told by its environment."""

import base64
import binascii
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Self, TypeAlias

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from services.notifications.mail_server import MailServer, mail_server
from services.runtime.settings import Settings

Network: TypeAlias = IPv4Network | IPv6Network
KEY_BYTES = 32


class NotificationSettings(Settings):
    """One object per process, made by its `__main__`."""

    smtp_url: SecretStr = SecretStr("")
    """The server that takes mail: smtp://user:password@host:587 (by STARTTLS, which it must offer),
    smtps://host:465 (by TLS from the first byte), or smtp://host:25?tls=none. Empty: no mail."""

    smtp_from: str = "Shadower <shadower@localhost>"
    """Who mail is from."""

    notification_key: SecretStr = SecretStr("")
    """By which addresses, keys and secrets of targets are sealed where they are kept: 32 bytes in
    base64. Several, with commas between: sealed by the first, opened by all. Empty: not sealed."""

    notification_key_file: Path | None = None
    """A file with the same: its keys come after those."""

    notification_allowed_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks that are not public and are sent to all the same, also by http: 10.1.0.0/16,fd00::/8
    and the like, with commas between."""

    notification_attempts: int = Field(default=8, ge=1, le=20)
    """How often a delivery is tried before it is given up."""

    notification_retry_seconds: float = Field(default=10, gt=0, le=3600)
    """The longest pause before the second attempt. Each further one may be five times as long, and
    none is longer than 12 hours."""

    notification_pause_seconds: float = Field(default=5, gt=0, le=300)
    """For about so long a receiver is left alone of which an attempt failed; for longer, up to a
    minute, if more did in a row."""

    notification_timeout_seconds: float = Field(default=15, gt=0, le=30)
    """After this long a receiver has not answered."""

    notification_lease_seconds: float = Field(default=35, gt=0, le=300)
    """For so long a process sends to a target before it says again that it does; as long, at most,
    what a dead process was at waits for another one."""

    notification_concurrency: int = Field(default=64, ge=1, le=1000)
    """Targets that a process sends to at once."""

    notification_workspace_concurrency: int = Field(default=16, ge=1, le=1000)
    """Of those, the targets of one workspace: what others have left if all of them hang."""

    notification_target_concurrency: int = Field(default=8, ge=1, le=50)
    """Messages that are sent to one target at once."""

    notification_kept_days: float = Field(default=30, ge=15, le=3650)
    """For so long after their end deliveries are kept; longer than an event can be told again."""

    @field_validator("notification_allowed_networks", mode="before")
    @classmethod
    def _are_networks(cls, told: object) -> object:
        if not isinstance(told, str):
            return told
        return tuple(ip_network(one.strip()) for one in told.split(",") if one.strip())

    @field_validator("smtp_from")
    @classmethod
    def _is_an_address(cls, told: str) -> str:
        if not told.isprintable() or "@" not in parseaddr(told)[1]:
            raise ValueError("must be an address, such as Shadower <alerts@example.org>")
        return told

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        mail_server(self.smtp_url.get_secret_value())
        _ = self.sealing_keys
        return self

    @model_validator(mode="after")
    def _sends_within_a_lease(self) -> Self:
        if 2 * self.notification_timeout_seconds > self.notification_lease_seconds:
            raise ValueError("a lease must be at least twice as long as a receiver may take")
        return self

    @property
    def mail_server(self) -> MailServer | None:
        return mail_server(self.smtp_url.get_secret_value())

    @property
    def sealing_keys(self) -> list[bytes]:
        """Raises ValueError."""
        told = [self.notification_key.get_secret_value(), self._sealing_file()]
        return [_key(one.strip()) for one in ",".join(told).split(",") if one.strip()]

    def _sealing_file(self) -> str:
        if self.notification_key_file is None:
            return ""
        try:
            return self.notification_key_file.read_text(encoding="utf-8")
        except OSError as unreadable:
            raise ValueError(f"the key for sealing: {unreadable}") from unreadable

    @property
    def lease(self) -> timedelta:
        return timedelta(seconds=self.notification_lease_seconds)


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as malformed:
        raise ValueError("a key for sealing must be in base64") from malformed
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key for sealing must have {KEY_BYTES} bytes")
    return key
