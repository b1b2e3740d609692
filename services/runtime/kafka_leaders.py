"""Whether somebody leads each partition. One that nobody leads takes no records, however well its
brokers answer: so it is when the only folder that has it is full, or its only broker away."""

from collections.abc import Sequence
from typing import Any

from aiokafka.protocol.metadata import MetadataRequest

NOBODY = -1


def question(topics: Sequence[str]) -> MetadataRequest:
    """To any broker. Topics that are not there yet are not made by it."""
    return MetadataRequest(list(topics), allow_auto_topic_creation=False)


def leaderless(answer: Any) -> str:
    """How many partitions of which topic have no leader; "" if all have one. Topics that are not
    there yet pass."""
    told = sorted((name, partitions) for _, name, _, partitions in answer.topics)
    return "; ".join(filter(None, (_of(*one) for one in told)))


def _of(topic: str, partitions: Sequence[Any]) -> str:
    alone = [number for _, number, leader, *_ in partitions if leader == NOBODY]
    return f"{topic}: {len(alone)} of {len(partitions)} partitions have no leader" * bool(alone)
