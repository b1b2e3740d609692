"""The metrics that every workspace has: name, unit, kind, meaning. Their SQL stands beside."""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


class Kind(Enum):
    """What a metric's values are."""

    COUNT = "count"
    SUM = "sum"
    RATIO = "ratio"
    STATISTIC = "statistic"
    DISTINCT_COUNT = "distinct_count"
    POINTS = "points"


@dataclass(frozen=True)
class Metric:
    """A metric of the registry. Units are UCUM."""

    name: str
    unit: str
    kind: Kind
    meaning: str

    @property
    def expression(self) -> str:
        """Its value over a group of executions, as SQL."""
        return QUERIES[self.name]


def _percentile(number: int) -> Metric:
    return Metric(
        f"duration_p{number}",
        "s",
        Kind.STATISTIC,
        f"{number}th percentile of known durations, by linear interpolation (percentile_cont).",
    )


def _errors(name: str, cause: str) -> Metric:
    return Metric(
        f"errors_{name}", "{execution}", Kind.COUNT, f"Failed or timed out runs: {cause}."
    )


_METRICS = (
    Metric("executions", "{execution}", Kind.COUNT, "Runs that started."),
    Metric("running", "{execution}", Kind.COUNT, "Runs that have not ended."),
    Metric("succeeded", "{execution}", Kind.COUNT, "Runs that succeeded."),
    Metric("failed", "{execution}", Kind.COUNT, "Runs that failed."),
    Metric("timed_out", "{execution}", Kind.COUNT, "Runs that timed out."),
    Metric("cancelled", "{execution}", Kind.COUNT, "Runs that somebody stopped."),
    Metric("success_rate", "1", Kind.RATIO, "succeeded / (succeeded + failed + timed_out)."),
    Metric(
        "error_rate", "1", Kind.RATIO, "(failed + timed_out) / (succeeded + failed + timed_out)."
    ),
    Metric("duration_avg", "s", Kind.STATISTIC, "Mean of known durations."),
    Metric("duration_min", "s", Kind.STATISTIC, "Shortest known duration."),
    Metric("duration_max", "s", Kind.STATISTIC, "Longest known duration."),
    Metric("duration_stddev", "s", Kind.STATISTIC, "Sample standard deviation of known durations."),
    _percentile(50),
    _percentile(75),
    _percentile(90),
    _percentile(95),
    _percentile(99),
    Metric("input_tokens", "{token}", Kind.SUM, "Known input tokens, cached ones included."),
    Metric("output_tokens", "{token}", Kind.SUM, "Known output tokens."),
    Metric("cached_input_tokens", "{token}", Kind.SUM, "Known cached input tokens."),
    Metric("total_tokens", "{token}", Kind.SUM, "Tokens of runs whose input and output are known."),
    Metric(
        "total_tokens_avg", "{token}", Kind.STATISTIC, "Mean total tokens of runs that know them."
    ),
    Metric("unknown_tokens", "{execution}", Kind.COUNT, "Runs whose input or output is unknown."),
    Metric("cost", "USD", Kind.SUM, "Known cost, an exact decimal."),
    Metric("cost_avg", "USD", Kind.STATISTIC, "Mean known cost of a run, rounded to 12 decimals."),
    Metric("credits", "{credit}", Kind.SUM, "Known credits, an exact decimal."),
    Metric("active_users", "{user}", Kind.DISTINCT_COUNT, "Different users of runs."),
    Metric("active_agents", "{agent}", Kind.DISTINCT_COUNT, "Different agents that ran."),
    Metric("user_rating", "1", Kind.STATISTIC, "Mean rating, 1 to 5."),
    Metric("tool_calls", "{call}", Kind.SUM, "Known tool calls."),
    Metric("errors", "{execution}", Kind.COUNT, "Runs that failed or timed out."),
    _errors("timeout", "something took too long"),
    _errors("rate_limit", "too many requests"),
    _errors("validation", "input or output broke its rules"),
    _errors("model_error", "the model answered with an error"),
    _errors("network", "a connection failed"),
    _errors("auth", "credentials missing or refused"),
    _errors("resource", "memory, disk, quota or the like ran out"),
    _errors("user_error", "the user asked for what cannot be done"),
    _errors("unknown", "nobody knows why"),
)

BUILT_IN = MappingProxyType({metric.name: metric for metric in _METRICS})

# For statements of other modules, which name a metric where they mean it.
EXPRESSIONS = MappingProxyType({metric.name: metric.expression for metric in _METRICS})


def points_metric(name: str) -> Metric:
    """A type of metric points, which producers name."""
    return Metric(name, "", Kind.POINTS, "Metric points that producers record.")
