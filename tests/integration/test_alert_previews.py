"""What a rule would have found."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.alerts import (
    BELOW,
    HOUR,
    INTERVAL,
    LONG,
    MINUTE,
    RULE_ID,
    Watch,
    at,
    failures,
    rule,
)
from tests.support.errors import refused


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"for_duration": LONG},
        {"cooldown": {"seconds": 0}, "threshold": {"comparator": BELOW, "threshold": 1}},
        {"change": {"reference": 1, "direction": 1, "absolute": 2}},
        {"metric": "executions", "absence": {}, "group_by": [1]},
    ],
    ids=["threshold", "for a while", "below", "change", "absence"],
)
async def test_a_preview_finds_what_judging_finds(
    watch: Watch, start: datetime, said: dict[str, Any]
) -> None:
    minutes = [n * n % 173 + 0.5 for n in range(150)]
    await watch.client.record(failures(at(start, *minutes)))
    made = await watch.make(start, **said)
    await watch.evaluate()
    until = (await watch.call("GetRule", rule_id=RULE_ID)).rule.judged_until
    interval = {"start_time": start, "end_time": until}
    foreseen = await watch.call("PreviewRule", rule=made.rule, interval=interval)
    found = await watch.alerts("pending", "triggered", "resolved", page_size=500)
    assert sorted(map(times, foreseen.alerts)) == sorted(map(times, found))
    assert len(found) > 0
    assert foreseen.judgements == (until.ToDatetime(UTC) - start) // INTERVAL


def times(alert: Any) -> tuple[Any, ...]:
    known = (alert.pending_time, alert.trigger_time, alert.resolve_time)
    return (*(one.ToJsonString() for one in known), sorted(alert.group.items()), alert.value)


async def test_a_preview_has_its_limits(watch: Watch, start: datetime) -> None:
    interval = {"start_time": start - 30 * 24 * HOUR, "end_time": start}
    found = await refused(watch.call("PreviewRule", rule=rule(), interval=interval))
    assert (found.reason, found.metadata["limit"]) == ("PREVIEW_TOO_LONG", "2016")


@pytest.mark.parametrize(
    ("said", "incident", "found"),
    [
        ({"anomaly": {"direction": 1}}, 40, True),
        ({"anomaly": {"direction": 1}}, 0, False),
        ({"pattern": {"shape": 3}}, 40, True),
        ({"pattern": {"shape": 3}}, 0, False),
        ({"pattern": {"shape": 4}}, 0, False),
    ],
    ids=["anomaly", "no anomaly", "spike", "no spike", "no flat line"],
)
async def test_an_incident_is_found_in_a_day_of_runs(
    watch: Watch, said: dict[str, Any], incident: int, found: bool
) -> None:
    """Each quarter of an hour has 3 to 7 runs, and one has as many more as the incident."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - HOUR
    quarters = [end - number * 15 * MINUTE for number in range(1, 29 * 4)]
    times = [
        start + (n + 0.5) * MINUTE for q, start in enumerate(quarters) for n in range(3 + q % 5)
    ]
    times += [quarters[2] + (n + 0.25) * MINUTE / 4 for n in range(incident)]
    await watch.client.record(failures(times, status="succeeded"))
    quarter = {"evaluation_interval": {"seconds": 900}}
    asked = rule(metric="executions", **said, **quarter)
    interval = {"start_time": end - 2 * HOUR, "end_time": end}
    foreseen = await watch.call("PreviewRule", rule=asked, interval=interval)
    triggered = [one.trigger_time.ToDatetime(UTC) for one in foreseen.alerts]
    assert triggered == ([quarters[2] + 15 * MINUTE] if found else [])
    assert foreseen.judgements == 8
