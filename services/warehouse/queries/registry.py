"""The metrics that every workspace has: name, unit, kind, meaning. Their SQL stands beside."""

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from services.warehouse.queries.functions import function_over
from services.warehouse.queries.measures import Measure, in_sql
from services.warehouse.queries.packed import distinct_users
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


@dataclass(frozen=True)
class BuiltIn(Metric):
    """A metric of executions, and how its values come about."""

    measure: Measure


def measure(name: str) -> Measure:
    """Of what is no metric of its own."""
    return in_sql(QUERIES[name])


def ratings_of(grade: int) -> Measure:
    """How many runs were rated so, from 1 to 5."""
    return in_sql(QUERIES["ratings_of_grade"].format(grade=grade))


def _counted(name: str, meaning: str) -> BuiltIn:
    return BuiltIn(name, "{execution}", Kind.COUNT, meaning, in_sql(QUERIES[name]))


def _ratio(name: str, meaning: str) -> BuiltIn:
    return BuiltIn(name, "1", Kind.RATIO, meaning, in_sql(QUERIES[name]))


def _summed(name: str, unit: str, meaning: str) -> BuiltIn:
    return BuiltIn(name, unit, Kind.SUM, meaning, function_over("sum", name))


def _statistic(name: str, unit: str, meaning: str, function: str, field: str) -> BuiltIn:
    return BuiltIn(name, unit, Kind.STATISTIC, meaning, function_over(function, field))


def _percentile(number: int) -> BuiltIn:
    return BuiltIn(
        f"duration_p{number}",
        "s",
        Kind.STATISTIC,
        f"{number}th percentile of known durations, by linear interpolation (as percentile_cont"
        " of PostgreSQL) between values that are within 1 % of the recorded ones.",
        function_over("percentile", "duration", number),
    )


def _errors(name: str, cause: str) -> BuiltIn:
    return BuiltIn(
        f"errors_{name}",
        "{execution}",
        Kind.COUNT,
        f"Failed or timed out runs: {cause}.",
        in_sql(QUERIES["errors_of_type"].format(error_type=name)),
    )


_METRICS = (
    _counted("executions", "Runs that started."),
    _counted("running", "Runs that have not ended."),
    _counted("succeeded", "Runs that succeeded."),
    _counted("failed", "Runs that failed."),
    _counted("timed_out", "Runs that timed out."),
    _counted("cancelled", "Runs that somebody stopped."),
    _ratio("success_rate", "succeeded / (succeeded + failed + timed_out)."),
    _ratio("error_rate", "(failed + timed_out) / (succeeded + failed + timed_out)."),
    _statistic("duration_avg", "s", "Mean of known durations.", "average", "duration"),
    _statistic("duration_min", "s", "Shortest known duration.", "minimum", "duration"),
    _statistic("duration_max", "s", "Longest known duration.", "maximum", "duration"),
    _statistic(
        "duration_stddev",
        "s",
        "Sample standard deviation of known durations.",
        "standard_deviation",
        "duration",
    ),
    _percentile(50),
    _percentile(75),
    _percentile(90),
    _percentile(95),
    _percentile(99),
    _summed("input_tokens", "{token}", "Known input tokens, cached ones included."),
    _summed("output_tokens", "{token}", "Known output tokens."),
    _summed("cached_input_tokens", "{token}", "Known cached input tokens."),
    _summed("total_tokens", "{token}", "Tokens of runs whose input and output are known."),
    _statistic(
        "total_tokens_avg",
        "{token}",
        "Mean total tokens of runs that know them.",
        "average",
        "total_tokens",
    ),
    _counted("unknown_tokens", "Runs whose input or output is unknown."),
    _summed("cost", "USD", "Known cost, an exact decimal."),
    _statistic(
        "cost_avg", "USD", "Mean known cost of a run, rounded to 12 decimals.", "average", "cost"
    ),
    _summed("credits", "{credit}", "Known credits, an exact decimal."),
    BuiltIn(
        "active_users",
        "{user}",
        Kind.DISTINCT_COUNT,
        "Different users of runs: exact up to 4,096, beyond with a relative standard error of"
        " 1.6 % (theta sketch).",
        distinct_users(),
    ),
    BuiltIn(
        "active_agents",
        "{agent}",
        Kind.DISTINCT_COUNT,
        "Different agents that ran.",
        function_over("distinct", "agent"),
    ),
    _statistic("user_rating", "1", "Mean rating, 1 to 5.", "average", "user_rating"),
    _summed("tool_calls", "{call}", "Known tool calls."),
    _counted("errors", "Runs that failed or timed out."),
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

# For other modules, which name a metric where they mean it.
MEASURES = MappingProxyType({metric.name: metric.measure for metric in _METRICS})


def points_metric(name: str) -> Metric:
    """A type of metric points, which producers name."""
    return Metric(name, "", Kind.POINTS, "Metric points that producers record.")
