"""What GetAgentPerformance should answer beyond statistics, calculated over plain rows."""

import re
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from shadower.common.v1.execution_pb2 import ErrorType

from tests.support import oracle, statistics_oracle
from tests.support.runs import Row


def reliability(rows: list[Row]) -> tuple[float | None, Any, int, bool]:
    """Availability, mean time to recovery, outages that ended, and whether one goes on."""
    decided = [row for row in rows if row["status"] in oracle.DECIDED]
    ordered = sorted(decided, key=lambda row: (row["start_time"], row["execution_id"]))
    began, outages = None, []
    for row in ordered:
        if row["status"] != "succeeded":
            began = began or row["start_time"]
        elif began:
            outages.append(seconds(row["start_time"] - began))
            began = None
    mean = statistics_oracle.duration(sum(outages) / len(outages) if outages else None)
    if not ordered or ordered[0]["start_time"] == ordered[-1]["start_time"]:
        return None, mean, len(outages), began is not None
    last = ordered[-1]["start_time"]
    lost = sum(outages) + (seconds(last - began) if began else 0)
    available = 1 - lost / seconds(last - ordered[0]["start_time"])
    return float(available), mean, len(outages), began is not None


def seconds(length: timedelta) -> Fraction:
    return Fraction(length // oracle.MICROSECOND, 10**6)


def peak(rows: list[Row], start: datetime, end: datetime) -> int:
    """At the start of some run, or of the interval, most runs are under way."""
    spans = [
        (row["start_time"], min(row["end_time"], row["start_time"] + timedelta(hours=24)))
        for row in rows
        if row["end_time"]
    ]
    moments = [start, *(at for at, _ in spans if start <= at < end)]
    return max(sum(first <= at < last for first, last in spans) for at in moments)


NUMBERS_AND_IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|0x[0-9a-f]+|[0-9]+", re.I)


def error_patterns(rows: list[Row]) -> Counter[Any]:
    failed = [row for row in rows if oracle.error_type(row) and row["error_message"]]
    groups = oracle.grouped(
        failed, lambda r: (NUMBERS_AND_IDS.sub("#", r["error_message"]), oracle.error_type(r))
    )
    shared = {key: [r["start_time"] for r in g] for key, g in groups.items() if len(g) >= 3}
    return Counter(
        {
            (message[:256], enum_of(name), min(times), max(times)): len(times)
            for (message, name), times in shared.items()
        }
    )


def enum_of(error_type: str) -> int:
    return ErrorType.Value(f"ERROR_TYPE_{error_type.upper()}")


def rank(value: Any, values: list[Any]) -> int | None:
    """1 for the greatest; equal ones share it; what is not known has none."""
    return None if value is None else 1 + sum(v > value for v in values if v is not None)
