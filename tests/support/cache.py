"""A world small enough to know all of: facts by hour, and the log of what touched them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from google.protobuf.wrappers_pb2 import Int64Value
from redis.asyncio import Redis

from services.runtime.cache.cache import Cache
from services.runtime.cache.change_log import Change, News
from services.runtime.cache.changes import Changes
from services.runtime.cache.question import Answer, Basis, Key, Question
from services.runtime.cache.redis_tier import RedisTier
from services.runtime.cache.shared import NothingShared, SharedTier
from services.runtime.cache.statistics import Outcome, Statistics
from services.runtime.settings import Settings

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
METHOD = "/test.Counting/Count"
# Hours of which the last ones lie ahead.
PAST, AHEAD = 0, 24 * 366 * 200


@dataclass
class World:
    """Workspaces whose facts are counted; it is also their ChangeLog."""

    facts: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    log: dict[str, list[Change]] = field(default_factory=lambda: defaultdict(list))
    kept_changes: int = 5_000
    looks: int = 0
    calculations: int = 0

    def record(self, workspace_id: str, hour: int) -> list[Change]:
        self.facts[workspace_id][hour] += 1
        revision = len(self.log[workspace_id]) + 1
        change = Change(revision, hour * 3600.0, (hour + 1) * 3600.0)
        self.log[workspace_id].append(change)
        return [change]

    def count(self, workspace_id: str, first: int, behind: int) -> int:
        return sum(n for h, n in self.facts[workspace_id].items() if first <= h < behind)

    async def since(self, workspace_id: str, revision: int) -> News:
        self.looks += 1
        log = self.log[workspace_id]
        changes = [change for change in log[-self.kept_changes :] if change.revision > revision]
        return News(len(log), changes, complete=len(changes) == len(log) - revision)

    async def answer(
        self, workspace_id: str, first: int, behind: int, *, until: datetime | None = None
    ) -> Answer:
        self.calculations += 1
        basis = Basis(
            len(self.log[workspace_id]), EPOCH + first * HOUR, EPOCH + behind * HOUR, until
        )
        return Answer(Int64Value(value=self.count(workspace_id, first, behind)), basis)


@dataclass
class Replica:
    """A process's cache in front of the world."""

    world: World
    cache: Cache

    @classmethod
    def of(cls, world: World, shared: SharedTier | None = None, **settings: Any) -> "Replica":
        made = cache_settings(**settings)
        tier = shared or NothingShared()
        return cls(world, Cache(made, Changes(world), tier, Statistics()))

    @classmethod
    def on(
        cls,
        world: World,
        client: Redis,
        edition: bytes,
        seconds: float,
        lease: float,
        **settings: Any,
    ) -> "Replica":
        """With a shared tier in Redis."""
        statistics = Statistics()
        shared = RedisTier(client, edition, seconds, statistics, lease)
        return cls(world, Cache(cache_settings(**settings), Changes(world), shared, statistics))

    async def count(
        self,
        workspace_id: str,
        first: int,
        behind: int,
        staleness: float | None = None,
        *,
        until: datetime | None = None,
    ) -> int:
        asked = self.cache.staleness if staleness is None else staleness

        async def calculate() -> Answer:
            return await self.world.answer(workspace_id, first, behind, until=until)

        return value_of(
            await self.cache.reply(question(workspace_id, first, behind, asked), calculate)
        )

    @property
    def outcomes(self) -> dict[Outcome, int]:
        return {outcome: n for (_, outcome), n in self.cache.statistics.outcomes.items()}


def question(workspace_id: str, first: int, behind: int, staleness: float) -> Question:
    return Question(Key(workspace_id, METHOD, f"{first}-{behind}".encode()), staleness)


def value_of(reply: bytes) -> int:
    return Int64Value.FromString(reply).value


def cache_settings(**given: Any) -> Settings:
    """Of a process that has to do with a cache alone."""
    elsewhere: dict[str, Any] = {"DATABASE_URL": "postgresql://unused", "REDIS_URL": ""}
    return Settings(jwks_file=Path("unused"), **elsewhere | given)


def outcomes_of(replicas: Sequence[Replica]) -> Counter[Outcome]:
    return sum((Counter(replica.outcomes) for replica in replicas), Counter[Outcome]())
