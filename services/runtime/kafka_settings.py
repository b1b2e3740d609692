"""Where Kafka is, how it is spoken to, and as whom."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROTOCOL = "KAFKA_SECURITY_PROTOCOL"
CA, CERTIFICATE, KEY = "KAFKA_SSL_CA_FILE", "KAFKA_SSL_CERTIFICATE_FILE", "KAFKA_SSL_KEY_FILE"
MECHANISM, USERNAME = "KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME"
PASSWORD, PASSWORD_FILE = "KAFKA_SASL_PASSWORD", "KAFKA_SASL_PASSWORD_FILE"


class KafkaSettings(BaseSettings):
    """What contradicts itself, or names a file that is of no use, refuses to start."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    kafka_brokers: str = Field(default="", validation_alias="KAFKA_BROKERS")
    """Kafka 4 or newer, as host:port,host:port. Empty: no Kafka, the database does its work."""

    kafka_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", validation_alias=PROTOCOL
    )
    """As Kafka names it: with SSL it is spoken to by TLS, with SASL as a user."""

    kafka_ca_file: FilePath | None = Field(default=None, validation_alias=CA)
    """PEM certificates of those who vouch for brokers. Unset: whom the system trusts."""

    kafka_certificate_file: FilePath | None = Field(default=None, validation_alias=CERTIFICATE)
    """PEM chain of the certificate that brokers are shown, if they want one. Like the other two
    files it is read again for each connection, so it may be replaced."""

    kafka_key_file: FilePath | None = Field(default=None, validation_alias=KEY)
    """PEM key of that certificate."""

    kafka_sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        default="", validation_alias=MECHANISM
    )
    """How the password is proven. PLAIN tells it to the broker."""

    kafka_sasl_username: str = Field(default="", validation_alias=USERNAME)
    """As whom brokers know us."""

    kafka_sasl_password: SecretStr = Field(default=SecretStr(""), validation_alias=PASSWORD)
    """The user's password. Either this, or a file with it."""

    kafka_sasl_password_file: FilePath | None = Field(default=None, validation_alias=PASSWORD_FILE)
    """The file holds the password, and at most an end of the line behind it."""

    @property
    def kafka_has_tls(self) -> bool:
        return self.kafka_protocol.endswith("SSL")

    @property
    def kafka_has_users(self) -> bool:
        return self.kafka_protocol.startswith("SASL_")

    def kafka_password(self) -> str:
        """As it is now. Raises OSError."""
        if self.kafka_sasl_password_file is None:
            return self.kafka_sasl_password.get_secret_value()
        return self.kafka_sasl_password_file.read_text(encoding="utf-8").rstrip("\r\n")

    def kafka_tls(self) -> ssl.SSLContext:
        """Of the files as they are now. Raises OSError."""
        context = ssl.create_default_context(cafile=self.kafka_ca_file)
        if self.kafka_certificate_file is not None:
            # A key with a passphrase is refused; by itself it would be asked for at the terminal.
            context.load_cert_chain(self.kafka_certificate_file, self.kafka_key_file, lambda: "")
        return context

    @model_validator(mode="after")
    def _has_a_user_where_there_are_users(self) -> Self:
        told = self._told_of_user()
        if not self.kafka_has_users:
            self._refuse_useless(told)
            return self
        for name in (MECHANISM, USERNAME):
            if not told[name]:
                raise ValueError(f"{PROTOCOL}={self.kafka_protocol} needs {name}")
        if told[PASSWORD] == told[PASSWORD_FILE]:
            raise ValueError(f"either {PASSWORD} or {PASSWORD_FILE} is needed")
        return self

    @model_validator(mode="after")
    def _has_files_that_go_together(self) -> Self:
        if not self.kafka_has_tls:
            self._refuse_useless(self._told_of_tls())
        if (self.kafka_certificate_file is None) != (self.kafka_key_file is None):
            raise ValueError(f"{CERTIFICATE} and {KEY} go together")
        return self

    @model_validator(mode="after")
    def _can_use_its_files(self) -> Self:
        if self.kafka_sasl_password_file is not None:
            self._try_password()
        if self.kafka_has_tls:
            self._try_authorities()
            self._try_certificate()
        return self

    def _told_of_user(self) -> Mapping[str, bool]:
        return {
            MECHANISM: bool(self.kafka_sasl_mechanism),
            USERNAME: bool(self.kafka_sasl_username),
            PASSWORD: bool(self.kafka_sasl_password.get_secret_value()),
            PASSWORD_FILE: self.kafka_sasl_password_file is not None,
        }

    def _told_of_tls(self) -> Mapping[str, bool]:
        files = {CA: self.kafka_ca_file, CERTIFICATE: self.kafka_certificate_file}
        return {
            name: file is not None for name, file in {**files, KEY: self.kafka_key_file}.items()
        }

    def _refuse_useless(self, told: Mapping[str, bool]) -> None:
        """Whoever says it believes that it counts."""
        for name in (name for name, is_told in told.items() if is_told):
            raise ValueError(f"{name} does not go with {PROTOCOL}={self.kafka_protocol}")

    def _try_password(self) -> None:
        try:
            is_there = bool(self.kafka_password())
        except (OSError, UnicodeDecodeError) as unreadable:
            raise ValueError(f"{PASSWORD_FILE} cannot be read") from unreadable
        if not is_there:
            raise ValueError(f"{PASSWORD_FILE} is empty")

    def _try_authorities(self) -> None:
        if self.kafka_ca_file is None and not _system_trusts_somebody():
            raise ValueError(f"{PROTOCOL}={self.kafka_protocol} needs {CA} on this system")
        try:
            ssl.create_default_context(cafile=self.kafka_ca_file)
        except OSError as unusable:
            raise ValueError(f"{CA} holds no certificates: {unusable}") from unusable

    def _try_certificate(self) -> None:
        try:
            self.kafka_tls()
        except OSError as unusable:
            raise ValueError(f"{CERTIFICATE} and {KEY} are of no use: {unusable}") from unusable


def _system_trusts_somebody() -> bool:
    places = ssl.get_default_verify_paths()
    folder = Path(places.capath) if places.capath else None
    return places.cafile is not None or (folder is not None and any(folder.iterdir()))
