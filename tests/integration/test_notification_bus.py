"""Events that come by Kafka are told as those are that come by the outbox."""

import uuid
from dataclasses import replace

from tests.support.keys import KeyRing
from tests.support.notifications import DELIVERED, alert
from tests.support.notifier import notifying
from tests.support.receivers import Receiver
from tests.support.stack import Environment, ready, start, stop


async def test_what_comes_by_kafka_is_told_once(
    telling: Environment, fresh_url: str, keys: KeyRing, kafka: str, receiver: Receiver
) -> None:
    path, topic = uuid.uuid4().hex, f"bus-{uuid.uuid4().hex}"
    brokers = (("KAFKA_BROKERS", kafka), ("SHADOWER_BUS_TOPIC", topic))
    environment = replace(telling, database_url=fresh_url, extra=(*telling.extra, *brokers))
    relay = start("relay", environment)
    try:
        await ready(relay)
        async with notifying(environment) as notifier:
            told = notifier.of(keys, "w-kafka")
            await told.make(webhook={"url": receiver.at(path)})
            data, event_id = alert(), uuid.uuid4()
            for _ in range(2):
                await told.publish(data, event_id=event_id)
            await told.publish(data, "alert.resolved")
            assert {one.state for one in await told.ended(2)} == {DELIVERED}
            kinds = [one.content["type"] for one in receiver.got[path]]
            assert kinds == ["alert.triggered", "alert.resolved"]
    finally:
        stop(relay)
