"""The instruments of a process: one set, opened with it, to which its parts add their own.

Attributes come from closed sets: RPCs, codes, jobs, groups, states. No workspace, user or agent is
one, so that there are as many series however many tenants there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any

from opentelemetry.metrics import CallbackOptions, Meter, NoOpMeter, Observation

from services.runtime.process_settings import ProcessSettings
from services.runtime.telemetry.dependencies import Dependencies
from services.runtime.telemetry.metrics import open_meter
from services.runtime.telemetry.process import observe_process
from services.runtime.telemetry.resource import NAMESPACE
from services.runtime.telemetry.tallies import SECONDS, Distribution, Histogram, Labels, Look

Callbacks = Sequence[Callable[[CallbackOptions], Iterable[Observation]]]


class Instruments:
    """What the parts of a process count, for who collects it and for who asks the process."""

    def __init__(
        self,
        name: str,
        meter: Meter,
        histograms: dict[str, Histogram],
        dependencies: Dependencies,
    ) -> None:
        self.name = name
        self.meter = meter
        self.began_at = datetime.now(UTC)
        self.dependencies = dependencies
        self.parts: dict[str, Callable[[], Any]] = {}
        """What parts tell of themselves that is more than numbers, by their names."""
        self._histograms = histograms
        self._counters: dict[str, Counter[Labels]] = {}
        self._gauges: dict[str, list[Look]] = {}
        self.gauge(
            "shadower.dependency.up",
            "",
            "Whether what the process stands on answers: 0 or 1",
            ("dependency",),
            self.dependencies.up,
        )
        self.gauge(
            "shadower.dependency.latency",
            "s",
            "How long the last answer of what the process stands on took, or was waited for",
            ("dependency",),
            self.dependencies.latency,
        )

    def histogram(
        self,
        name: str,
        unit: str,
        meaning: str,
        labels: Labels,
        bounds: Sequence[float] = SECONDS,
    ) -> Histogram:
        """The one of that name."""
        if name not in self._histograms:
            self._histograms[name] = Histogram(name, unit, meaning, labels, bounds)
        return self._histograms[name]

    def counter(self, name: str, unit: str, meaning: str, labels: Labels) -> Counter[Labels]:
        """The one of that name: counted up by its labels, which must come from closed sets."""
        if name not in self._counters:
            counter = self._counters[name] = Counter()
            looks = [lambda: list(counter.items())]
            self.meter.create_observable_counter(name, _callbacks(labels, looks), unit, meaning)
        return self._counters[name]

    def total(self, name: str, unit: str, meaning: str, labels: Labels, look: Look) -> None:
        """Something that only grows, and that is counted elsewhere."""
        self.meter.create_observable_counter(name, _callbacks(labels, [look]), unit, meaning)

    def gauge(self, name: str, unit: str, meaning: str, labels: Labels, look: Look) -> None:
        """A value that is looked at when someone collects, in a thread of his. Several parts may
        look at one of the same name, each at values of its own."""
        if name not in self._gauges:
            looks = self._gauges[name] = []
            self.meter.create_observable_gauge(name, _callbacks(labels, looks), unit, meaning)
        self._gauges[name].append(look)

    def figures(self, name: str) -> Mapping[Labels, Distribution]:
        """Those of a histogram; none if nobody has opened it."""
        found = self._histograms.get(name)
        return found.figures() if found else {}

    def counted(self, name: str) -> Mapping[Labels, int]:
        """The same of a counter."""
        return dict(self._counters.get(name, {}))

    def looked_at(self, name: str) -> Iterator[tuple[Labels, float]]:
        """The values of a gauge, now."""
        for look in list(self._gauges.get(name, ())):
            yield from look()


def _callbacks(labels: Labels, looks: Sequence[Look]) -> Callbacks:
    def observe(_: CallbackOptions) -> Iterable[Observation]:
        for look in list(looks):
            for values, value in look():
                yield Observation(value, dict(zip(labels, values, strict=True)))

    return [observe]


CURRENT_RPC: ContextVar[str] = ContextVar("current_rpc", default="")
"""The RPC in whose course something happens, as package.Service/Method; none of what goes on by
itself."""
OF_PROCESS: ContextVar[Instruments] = ContextVar("instruments")


def instruments() -> Instruments:
    """Those of the process; of a part that runs without one, as in tests, its own, unwatched."""
    found = OF_PROCESS.get(None)
    if found is None:
        found = Instruments("", NoOpMeter(NAMESPACE), {}, Dependencies())
        OF_PROCESS.set(found)
    return found


@contextmanager
def measuring(settings: ProcessSettings, name: str) -> Iterator[Instruments]:
    """As long as the process does its work."""
    histograms: dict[str, Histogram] = {}
    dependencies = Dependencies()
    told = partial(dependencies.note, "collector")
    with open_meter(settings, name, histograms, told) as meter:
        opened = Instruments(name, meter, histograms, dependencies)
        observe_process(opened, settings)
        token = OF_PROCESS.set(opened)
        try:
            yield opened
        finally:
            OF_PROCESS.reset(token)
