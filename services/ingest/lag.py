"""How much of the log is not written yet, as a workspace's account tells it."""

from collections.abc import Awaitable, Callable

import structlog
from aiokafka.errors import KafkaError

from services.runtime.kafka_ends import End, end_for_key
from services.runtime.settings import Settings

LogEnd = Callable[[str], Awaitable[End | None]]
"""Where the log ends for a workspace; None if there is none, or it does not say."""


def log_end_of(settings: Settings) -> LogEnd:
    async def ask(workspace_id: str) -> End | None:
        if not settings.kafka_brokers:
            return None
        try:
            return await end_for_key(settings, settings.log_topic, workspace_id.encode())
        except (KafkaError, OSError) as away:
            structlog.get_logger("kafka").warning("the log's end is not known", error=repr(away))
            return None

    return ask
