"""CacheService: what an operator sees of a process's cache, and may have it forget."""

from functools import partial

import structlog
from shadower.runtime.v1 import cache_service_pb2 as pb
from shadower.runtime.v1.cache_service_pb2_grpc import (
    CacheServiceServicer,
    add_CacheServiceServicer_to_server,
)

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE
from services.runtime.cache.cache import Cache
from services.runtime.cache.telling import cache_statistics
from services.runtime.call import Context, current_call
from services.runtime.faults import Unavailable
from services.runtime.server import Service


class CacheServicer(CacheServiceServicer):
    """Translates between the contract and the cache of this process."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    async def GetCacheStatistics(
        self, request: pb.GetCacheStatisticsRequest, context: Context
    ) -> pb.GetCacheStatisticsResponse:
        return pb.GetCacheStatisticsResponse(statistics=cache_statistics(self._cache.figures()))

    async def InvalidateAnswers(
        self, request: pb.InvalidateAnswersRequest, context: Context
    ) -> pb.InvalidateAnswersResponse:
        here, shared = await self._cache.forget_everywhere(_pattern(request))
        _write_down(request, here, shared)
        if shared is None:
            raise Unavailable("CACHE_UNREACHABLE", "the shared tier could not be told")
        return pb.InvalidateAnswersResponse(dropped_here=here, dropped_shared=shared)


def cache_service(cache: Cache) -> Service:
    """What a process with a cache serves beside its own."""
    return Service(
        pb.DESCRIPTOR.services_by_name["CacheService"].full_name,
        partial(add_CacheServiceServicer_to_server, CacheServicer(cache)),
        _no_trouble,
    )


async def _no_trouble() -> str:
    """It depends on nothing."""
    return ""


def _pattern(request: pb.InvalidateAnswersRequest) -> str:
    """Of keys as text; the contract's rules leave nothing in names that a pattern could mean."""
    workspace = "*" if request.workspace_id == SYSTEM_WORKSPACE else request.workspace_id
    return f"{workspace}:{request.method or '*'}:*"


def _write_down(request: pb.InvalidateAnswersRequest, here: int, shared: int | None) -> None:
    """Who had what forgotten."""
    call = current_call()
    structlog.get_logger("audit").info(
        "answers invalidated",
        subject=call.principal.subject,
        workspace_id=request.workspace_id,
        method=request.method or None,
        dropped_here=here,
        dropped_shared=shared,
        request_id=call.request_id,
    )
