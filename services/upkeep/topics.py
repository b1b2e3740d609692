"""What Kafka has of what is erased. A record cannot be changed; topics forget by time."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from services.runtime.faults import Unavailable
from services.runtime.kafka import open_admin
from services.runtime.settings import Settings

# What is kept for ever, nobody can name the end of.
LONGEST = timedelta(days=3650)


async def forget_written(settings: Settings, written: Mapping[int, int]) -> None:
    """Lets the log forget what is in the database, of all workspaces: up to an offset of each
    partition. Raises Unavailable."""
    if not written:
        return
    records = {
        TopicPartition(settings.log_topic, partition): RecordsToDelete(before_offset=offset)
        for partition, offset in written.items()
    }
    await _with_admin(settings, lambda admin: admin.delete_records(records))


async def longest_kept(settings: Settings) -> timedelta:
    """How long a record of a topic of ours may stay there. Raises Unavailable."""
    topics = (settings.log_topic, settings.bus_topic)
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    answers = await _with_admin(settings, lambda admin: admin.describe_configs(resources))
    kept = [_retention(resource) for answer in answers for resource in answer.resources]
    return max(kept, default=LONGEST)


def _retention(resource: Any) -> timedelta:
    """A topic that there is not yet has nothing; one of which nobody knows may have it for long."""
    code, configs = resource[0], resource[4]
    found = [int(entry[1]) for entry in configs if entry[0] == "retention.ms"] if not code else []
    if code == 3:  # UNKNOWN_TOPIC_OR_PARTITION
        return timedelta()
    if not found or found[0] < 0:
        return LONGEST
    return timedelta(milliseconds=found[0])


async def _with_admin(settings: Settings, ask: Any) -> Any:
    try:
        async with open_admin(settings) as admin:
            return await ask(admin)
    except (KafkaError, OSError) as broken:
        raise Unavailable("LOG_UNAVAILABLE", "Kafka cannot be asked") from broken
