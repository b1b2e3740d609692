"""The cache's statistics as instruments. Attributes are RPCs and enums: no workspace is one."""

from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Observation

from services.runtime.cache.cache import Cache
from services.runtime.cache.statistics import Event, Figures, SharedState
from services.runtime.telemetry.instruments import Instruments

Observe = Callable[[Figures], Iterable[Observation]]

CACHE = "cache"
COUNTED = {
    "early_refreshes": (Event.REFRESHED_EARLY, "Calculations that began before they were needed"),
    "evictions": (Event.EVICTED, "Answers dropped to make room"),
    "invalidations": (Event.INVALIDATED, "Answers dropped because they were invalidated"),
    "news_drops": (Event.DROPPED, "Answers dropped because their facts have changed"),
    "shared_tier.failures": (Event.SHARED_TIER_FAILED, "Times that the shared tier failed"),
}


def observe_cache(cache: Cache, opened: Instruments) -> None:
    opened.parts[CACHE] = cache.figures
    meter = opened.meter

    def looking(observe: Observe) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
        return [lambda _: observe(cache.figures())]

    count, gauge = meter.create_observable_counter, meter.create_observable_up_down_counter
    count(
        _name("questions"),
        looking(_questions),
        "{question}",
        "Questions to the cache, by whence they were answered",
    )
    for name, (event, meaning) in COUNTED.items():
        count(_name(name), looking(_times(event)), "{event}", meaning)
    gauge(_name("entries"), looking(_entries), "{answer}", "Answers that are remembered")
    gauge(_name("size"), looking(_bytes), "By", "What answers take that are remembered")
    gauge(_name("under_way"), looking(_under_way), "{answer}", "Answers that are being looked for")
    gauge(
        _name("shared_tier.up"),
        looking(_shared_tier),
        "",
        "Whether the shared tier is asked: 0 or 1",
    )


def _name(name: str) -> str:
    return f"shadower.cache.{name}"


def _questions(figures: Figures) -> Iterable[Observation]:
    for path, counts in figures.methods.items():
        for outcome, times in counts.items():
            told = {"rpc.method": path.strip("/"), "outcome": outcome.value}
            yield Observation(times, told)


def _times(event: Event) -> Observe:
    return lambda figures: [Observation(figures.events.get(event, 0))]


def _entries(figures: Figures) -> Iterable[Observation]:
    return [Observation(figures.entries)]


def _bytes(figures: Figures) -> Iterable[Observation]:
    return [Observation(figures.bytes)]


def _under_way(figures: Figures) -> Iterable[Observation]:
    return [Observation(figures.under_way)]


def _shared_tier(figures: Figures) -> Iterable[Observation]:
    """Nothing where there is none."""
    if figures.shared_state is not SharedState.NONE:
        yield Observation(int(figures.shared_state is SharedState.USED))
