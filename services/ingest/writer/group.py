"""The group of those who write the log, as Kafka and dead letters know it."""

from contextlib import AbstractAsyncContextManager

from aiokafka import ConsumerRebalanceListener

from services.runtime.kafka import Consumer, open_consumer
from services.runtime.settings import Settings

GROUP = "writer"


def open_group(
    settings: Settings, listener: ConsumerRebalanceListener
) -> AbstractAsyncContextManager[Consumer]:
    """A member of it, that shares the log's partitions."""
    return open_consumer(settings, GROUP, settings.log_topic, listener)
