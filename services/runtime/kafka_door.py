"""Whether brokers let us in. To be turned away is another matter than that nobody is there: it does
not pass by itself."""

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any, TypeAlias

from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from services.runtime.kafka_access import credentials
from services.runtime.kafka_leaders import leaderless, question
from services.runtime.settings import Settings

REQUEST_MS = 10_000
REFUSALS = (
    ssl.SSLError,
    AuthenticationFailedError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
    IllegalSaslStateError,
)

Task: TypeAlias = "asyncio.Task[Any]"


class Door:
    """What a process finds when it knocks, again and again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._has_looked = asyncio.Event()
        self._was_let_in = False
        self._refusal = ""

    async def look(self) -> str:
        """Why no broker says what there is, or which of our topics take nothing; else ""."""
        try:
            answer, failures = await _knock(self._settings)
        finally:
            self._has_looked.set()
        refused = [told for told, why in failures.items() if isinstance(why, REFUSALS)]
        self._was_let_in = self._was_let_in or answer is not None
        self._refusal = "; ".join(refused)
        return "; ".join(failures) if answer is None else leaderless(answer)

    async def refusal(self) -> str:
        """Why brokers never let us in; "" once one did, or if none was there to say no."""
        await self._has_looked.wait()
        return "" if self._was_let_in else self._refusal


async def _knock(settings: Settings) -> tuple[Any, dict[str, Exception]]:
    """What the first of them answers that does; None if none does, and why each of them did not.

    All at once, since one that swallows what it is sent says nothing of the others.
    """
    brokers = collect_hosts(settings.kafka_brokers)
    asked = {asyncio.create_task(_ask(settings, *one[:2])): one[:2] for one in brokers}
    failures: dict[str, Exception] = {}
    waiting = set(asked)
    try:
        while waiting:
            ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in ended:
                if (why := one.exception()) is None:
                    return one.result(), {}
                failures |= [_failure(*asked[one], why)]
    finally:
        await _given_up(asked)
    return None, failures


async def _given_up(tasks: Iterable[Task]) -> None:
    for one in tasks:
        one.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _failure(host: str, port: int, closed: BaseException) -> tuple[str, Exception]:
    """Raises what is no way for a broker to be closed."""
    if not isinstance(closed, KafkaError | OSError):
        raise closed
    why = closed.__cause__ if isinstance(closed.__cause__, ssl.SSLError) else closed
    return f"{host}:{port}: {str(why) or type(why).__name__}", why


async def _ask(settings: Settings, host: str, port: int) -> Any:
    """The library tells a client only that it could not connect, and not why."""
    told = credentials(settings)
    connection = await create_conn(host, port, request_timeout_ms=REQUEST_MS, **told)
    try:
        return await connection.send(question((settings.log_topic, settings.bus_topic)))
    finally:
        connection.close()
