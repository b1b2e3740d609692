"""Functions over the known values of a group, as SQL."""

from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


def function_over(kind: str, function: str, value: str, fraction: str = "") -> str:
    """`kind` is what the values are: seconds, whole, decimal, real or id.

    Only a percentile has a fraction: the placeholder of a number from 0 to 1.
    """
    return QUERIES[f"{kind}_{function}"].format(value=value, fraction=fraction)


def over_points(statistic: str) -> str:
    """A statistic of metric points; "latest" is one that other values do not have."""
    if statistic == "latest":
        return QUERIES["latest_point"]
    return function_over("real", statistic, "value")


def of_metric(function: str, metric: str) -> str:
    """Narrows a function to the points of the metric that a placeholder stands for."""
    return QUERIES["of_metric"].format(function=function, metric=metric)
