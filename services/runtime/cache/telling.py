"""How a cache does, as the contract tells it."""

from collections.abc import Mapping

from shadower.runtime.v1.cache_statistics_pb2 import (
    CacheStatistics,
    MethodStatistics,
    SharedTierState,
    SharedTierStatistics,
)

from services.runtime.cache.statistics import Event, Figures, Outcome

FIELDS = {outcome: outcome.value for outcome in Outcome} | {Outcome.HIT: "hits"}


def cache_statistics(figures: Figures) -> CacheStatistics:
    return CacheStatistics(
        methods=[_of_method(name, counts) for name, counts in sorted(figures.methods.items())],
        early_refreshes=figures.events.get(Event.REFRESHED_EARLY, 0),
        dropped_by_news=figures.events.get(Event.DROPPED, 0),
        dropped_by_invalidation=figures.events.get(Event.INVALIDATED, 0),
        evictions=figures.events.get(Event.EVICTED, 0),
        entries=figures.entries,
        bytes=figures.bytes,
        under_way=figures.under_way,
        shared_tier=SharedTierStatistics(
            state=SharedTierState.Value(f"SHARED_TIER_STATE_{figures.shared_state.name}"),
            failures=figures.events.get(Event.SHARED_TIER_FAILED, 0),
        ),
    )


def _of_method(name: str, counts: Mapping[Outcome, int]) -> MethodStatistics:
    return MethodStatistics(method=name, **{FIELDS[one]: times for one, times in counts.items()})
