"""Looks at services, and at what they stand on."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from redis.asyncio import Redis

from services.runtime.certificate import SERVER_NAME, UNIX, Certificate, certificate_of
from services.runtime.faults import CannotServeError
from services.runtime.kafka_door import Door
from services.runtime.redis_client import FAILURES
from services.upkeep.settings import UpkeepSettings
from services.warehouse.database import Database
from services.warehouse.health.checks import Check

MOST_REASON = 300
SERVING, NOT_SERVING, UNREACHABLE = "serving", "not_serving", "unreachable"


@dataclass(frozen=True)
class Seen:
    """What was found, and why it is no better."""

    state: str
    reason: str = ""


Look = Callable[[], Awaitable[Seen]]


class Looker:
    """Looks at all of them at once. None is waited for longer than the deadline."""

    def __init__(self, looks: Mapping[str, Look], seconds: float) -> None:
        self._looks = looks
        self._seconds = seconds

    async def look(self) -> list[Check]:
        """By name."""
        return await asyncio.gather(*(self._look(*one) for one in sorted(self._looks.items())))

    async def _look(self, name: str, look: Look) -> Check:
        at, began = datetime.now(UTC), time.perf_counter()
        try:
            async with asyncio.timeout(self._seconds):
                seen = await look()
        except TimeoutError:
            seen = Seen(UNREACHABLE, f"no answer within {self._seconds:g} s")
        latency = round((time.perf_counter() - began) * 1_000_000)
        return Check(name, at, seen.state, latency, seen.reason[:MOST_REASON])


def looks_of(
    settings: UpkeepSettings, database: Database, schema_version: str, redis: Redis | None
) -> Mapping[str, Look]:
    """Of what the settings name."""
    looks: dict[str, Look] = {
        name: _at_replicas(name, addresses, certificate_of(settings))
        for name, addresses in settings.checked.items()
    }
    looks["postgresql"] = _at_database(database, schema_version)
    if redis is not None:
        looks["redis"] = _at_redis(redis)
    if settings.kafka_brokers:
        looks["kafka"] = _at_kafka(Door(settings))
    return looks


def _at_replicas(name: str, addresses: Sequence[str], certificate: Certificate | None) -> Look:
    """A service serves as long as one of its replicas does; the others are the reason then."""

    async def look() -> Seen:
        seen = await asyncio.gather(*(_ask(name, one, certificate) for one in addresses))
        best = min(seen, key=lambda one: (SERVING, NOT_SERVING, UNREACHABLE).index(one.state))
        return Seen(best.state, "; ".join(_troubles(addresses, seen)))

    return look


def _troubles(addresses: Sequence[str], seen: Sequence[Seen]) -> Iterator[str]:
    for address, one in zip(addresses, seen, strict=True):
        if one.state != SERVING:
            yield f"{address}: {one.reason}"


async def _ask(name: str, address: str, certificate: Certificate | None) -> Seen:
    try:
        return await _answer(name, address, certificate)
    except grpc.aio.AioRpcError as failed:
        if failed.code() is grpc.StatusCode.NOT_FOUND:
            return Seen(NOT_SERVING, "there is no such service")
        return Seen(UNREACHABLE, failed.code().name)
    except OSError as unreadable:
        return Seen(UNREACHABLE, f"our own certificate cannot be read: {unreadable}")


async def _answer(name: str, address: str, certificate: Certificate | None) -> Seen:
    async with channel_to(address, certificate) as channel:
        answer = await HealthStub(channel).Check(HealthCheckRequest(service=name))
    status = HealthCheckResponse.ServingStatus.Name(answer.status)
    return Seen(SERVING) if status == "SERVING" else Seen(NOT_SERVING, status)


def channel_to(address: str, certificate: Certificate | None) -> grpc.aio.Channel:
    """With our own certificate where the service wants one. Raises OSError if it is of no use."""
    options = (("grpc.use_local_subchannel_pool", 1),)
    if certificate is None or address.startswith(UNIX):
        return grpc.aio.insecure_channel(address, options=options)
    named = (*options, (SERVER_NAME, certificate.server_name))
    return grpc.aio.secure_channel(address, certificate.of_caller(), options=named)


def _at_database(database: Database, schema_version: str) -> Look:
    async def look() -> Seen:
        try:
            trouble = await database.trouble(schema_version)
        except CannotServeError as beyond:
            trouble = str(beyond)
        return Seen(NOT_SERVING, trouble) if trouble else Seen(SERVING)

    return look


def _at_redis(redis: Redis) -> Look:
    async def look() -> Seen:
        try:
            await redis.ping()
        except FAILURES as failed:
            return Seen(UNREACHABLE, repr(failed))
        return Seen(SERVING)

    return look


def _at_kafka(door: Door) -> Look:
    async def look() -> Seen:
        trouble = await door.look()
        return Seen(UNREACHABLE, trouble) if trouble else Seen(SERVING)

    return look
