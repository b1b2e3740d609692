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
    decided = [row for row in rows if row["status"] in oracle.DECIDED and row["end_time"]]
    ordered = sorted(decided, key=lambda row: (row["end_time"], row["execution_id"]))
    began, outages = None, []
    for row in ordered:
        if row["status"] != "succeeded":
            began = began or row["end_time"]
        elif began:
            outages.append(seconds(row["end_time"] - began))
            began = None
    mean = sum(outages) / len(outages) if outages else None
    if len(ordered) < 2:
        return None, statistics_oracle.duration(mean), len(outages), began is not None
    last = ordered[-1]["end_time"]
    lost = sum(outages) + (seconds(last - began) if began else 0)
    available = 1 - lost / seconds(last - ordered[0]["end_time"])
    return float(available), statistics_oracle.duration(mean), len(outages), began is not None


def seconds(length: timedelta) -> Fraction:
    return Fraction(length // oracle.MICROSECOND, 10**6)


def peak(rows: list[Row], as_of: datetime) -> int:
    """At the start of some run most runs are under way."""
    ends = [as_of if row["status"] == "running" else row["end_time"] for row in rows]
    spans = [(row["start_time"], end) for row, end in zip(rows, ends, strict=True) if end]
    return max((sum(s <= at < e for s, e in spans) for at, _ in spans), default=0)


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
