"""Whether brokers let us in. To be turned away is another matter than that nobody is there: it does
not pass by itself."""

import asyncio
import ssl
from typing import Any

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from services.runtime.kafka_access import credentials
from services.runtime.kafka_settings import KafkaSettings

REQUEST_MS = 10_000
REFUSALS = (
    ssl.SSLError,
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)


class Door:
    """What a process finds when it knocks, again and again."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._has_looked = asyncio.Event()
        self._was_let_in = False
        self._refusal = ""

    async def look(self) -> str:
        """Why no broker says what there is; "" if one does."""
        try:
            failures = await _failures(self._settings)
        finally:
            self._has_looked.set()
        refused = [told for told, why in failures.items() if isinstance(why, REFUSALS)]
        self._was_let_in = self._was_let_in or not failures
        self._refusal = "; ".join(refused)
        return "; ".join(failures)

    async def refusal(self) -> str:
        """Why brokers never let us in; "" once one did, or if none was there to say no."""
        await self._has_looked.wait()
        return "" if self._was_let_in else self._refusal


async def _failures(settings: KafkaSettings) -> dict[str, Exception]:
    """Of the brokers before the first that answers; none if one does."""
    failures: dict[str, Exception] = {}
    for host, port, _ in collect_hosts(settings.kafka_brokers):
        try:
            await _ask(host, port, credentials(settings))
        except (KafkaError, OSError) as closed:
            why = closed.__cause__ if isinstance(closed.__cause__, ssl.SSLError) else closed
            failures[f"{host}:{port}: {str(why) or type(why).__name__}"] = why
        else:
            return {}
    return failures


async def _ask(host: str, port: int, told: dict[str, Any]) -> None:
    """The library tells a client only that it could not connect, and not why."""
    connection = await create_conn(host, port, request_timeout_ms=REQUEST_MS, **told)
    try:
        await connection.send(MetadataRequest([]))
    finally:
        connection.close()
