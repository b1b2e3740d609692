"""What the limiter decides, as instruments. Their attributes name no workspace."""

from collections.abc import Iterable

from opentelemetry.metrics import CallbackOptions, Meter, Observation

from gateway.limits.limiter import Limiter


def observe_limiter(limiter: Limiter, meter: Meter) -> None:
    def decisions(_: CallbackOptions) -> Iterable[Observation]:
        for (limit_class, outcome), times in limiter.decisions.copy().items():
            yield Observation(times, {"class": limit_class, "outcome": outcome.value})

    meter.create_observable_counter(
        "shadower.limits.decisions",
        [decisions],
        "{request}",
        "Requests that were judged by limits",
    )
