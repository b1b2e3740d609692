"""What the processes of services stand on, as each says itself when it is asked."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import grpc
from shadower.runtime.v1.statistics_pb2 import DependencyState
from shadower.runtime.v1.statistics_service_pb2 import GetStatisticsRequest
from shadower.runtime.v1.statistics_service_pb2_grpc import StatisticsServiceStub

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.certificate import certificate_of
from services.runtime.mesh_tokens import MeshTokens
from services.upkeep.looking import channel_to
from services.upkeep.settings import UpkeepSettings

PERMISSION = "statistics:read"
# However many ask, each process is asked no more often.
KEPT_SECONDS = 3.0

Standing = Mapping[str, Sequence[tuple[int, DependencyState]]]
"""By services: of which of their processes, from 1 on, and what."""


class Processes:
    """Asks all of them at once, and waits for none longer than the deadline."""

    def __init__(
        self,
        settings: UpkeepSettings,
        tokens: MeshTokens,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = settings.checked
        self._certificate = certificate_of(settings)
        self._seconds = settings.check_seconds
        self._metadata = tokens.service_token("upkeep", SYSTEM_WORKSPACE, [PERMISSION])
        self._clock = clock
        self._asking = asyncio.Lock()
        self._known: Standing = {}
        self._known_until = -1.0

    async def standing(self) -> Standing:
        """Of those that answer."""
        async with self._asking:
            if self._clock() >= self._known_until:
                self._known = dict(await asyncio.gather(*map(self._of, self._addresses.items())))
                self._known_until = self._clock() + KEPT_SECONDS
            return self._known

    async def _of(
        self, service: tuple[str, Sequence[str]]
    ) -> tuple[str, Sequence[tuple[int, DependencyState]]]:
        name, addresses = service
        told = await asyncio.gather(*map(self._ask, addresses))
        return name, [(number, state) for number, states in enumerate(told, 1) for state in states]

    async def _ask(self, address: str) -> Sequence[DependencyState]:
        """Nothing of who does not answer, nor while our own certificate is being replaced."""
        try:
            return await self._answer(address)
        except (grpc.aio.AioRpcError, OSError):
            return []

    async def _answer(self, address: str) -> Sequence[DependencyState]:
        async with channel_to(address, self._certificate) as channel:
            answer = await StatisticsServiceStub(channel).GetStatistics(
                GetStatisticsRequest(workspace_id=SYSTEM_WORKSPACE),
                metadata=tuple(self._metadata().items()),
                timeout=self._seconds,
            )
        return list(answer.statistics.dependencies)
