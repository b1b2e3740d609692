"""How clients of Kafka get in: every one of ours is made with this."""

import ssl
from contextlib import suppress
from typing import Any

from services.runtime.kafka_settings import KafkaSettings


def access_to(settings: KafkaSettings) -> dict[str, Any]:
    """What every client of the library takes. Raises OSError."""
    return {"bootstrap_servers": settings.kafka_brokers, **credentials(settings)}


def credentials(settings: KafkaSettings) -> dict[str, Any]:
    """What each connection takes. Raises OSError."""
    found: dict[str, Any] = {"security_protocol": settings.kafka_protocol}
    if settings.kafka_has_tls:
        found["ssl_context"] = RenewedContext(settings)
    if settings.kafka_has_users:
        found |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_password(),
        }
    return found


class RenewedContext(ssl.SSLContext):
    """Reads its files again for each connection: clients live longer than certificates."""

    def __new__(cls, _settings: KafkaSettings) -> "RenewedContext":
        return super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)

    def __init__(self, settings: KafkaSettings) -> None:
        """Raises OSError."""
        self._settings = settings
        self._whole = settings.kafka_tls()

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self._renewed().wrap_bio(*args, **kwargs)

    def _renewed(self) -> ssl.SSLContext:
        """What was whole last, while files are replaced one after the other."""
        with suppress(OSError):
            self._whole = self._settings.kafka_tls()
        return self._whole
