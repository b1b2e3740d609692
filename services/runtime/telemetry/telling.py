"""The instruments of a process, as the contract tells them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from google.protobuf.duration_pb2 import Duration
from shadower.runtime.v1 import statistics_pb2 as pb

from services.runtime.bus.attempts import GROUP_AGE, HANDLING, LAG, PUBLISHED
from services.runtime.cache.instruments import CACHE
from services.runtime.cache.telling import cache_statistics
from services.runtime.interceptors.measuring import CALLS, OK
from services.runtime.measured_pool import COUNT, MAX, PENDING, TIMEOUTS, USE, WAIT
from services.runtime.telemetry.dependencies import Found
from services.runtime.telemetry.instruments import Instruments
from services.runtime.telemetry.resource import release
from services.runtime.telemetry.tallies import Distribution, Labels, summed
from services.runtime.times import to_duration, to_timestamp

METHOD, CODE = 1, 2
NOTHING = Distribution((), (), 0.0)


def process_statistics(measured: Instruments) -> pb.ProcessStatistics:
    cache = measured.parts.get(CACHE)
    return pb.ProcessStatistics(
        process=measured.name,
        version=release(),
        start_time=to_timestamp(measured.began_at),
        rpcs=_rpcs(measured),
        pools=_pools(measured),
        cache=cache_statistics(cache()) if cache else None,
        groups=_groups(measured),
        dependencies=[_dependency(found) for found in measured.dependencies.found()],
    )


def _rpcs(measured: Instruments) -> Iterator[pb.RpcStatistics]:
    calls = measured.figures(CALLS)
    failures = _failures(calls)
    waits, uses = (dict(summed(measured.figures(name), 1)) for name in (WAIT, USE))
    published: Counter[str] = Counter()
    for (_, rpc), times in measured.counted(PUBLISHED).items():
        published[rpc] += times
    for method, found in sorted(summed(calls, METHOD)):
        yield pb.RpcStatistics(
            method=method,
            calls=found.count,
            failures=failures[method],
            mean=_mean(found),
            median=to_duration(found.quantile(0.5)),
            p95=to_duration(found.quantile(0.95)),
            p99=to_duration(found.quantile(0.99)),
            connections_taken=waits.get(method, NOTHING).count,
            connection_wait=to_duration(waits.get(method, NOTHING).total),
            connection_use=to_duration(uses.get(method, NOTHING).total),
            events_published=published[method],
        )


def _failures(calls: Mapping[Labels, Distribution]) -> Mapping[str, dict[str, int]]:
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for labels, one in calls.items():
        if labels[CODE] != OK:
            found[labels[METHOD]][labels[CODE]] = one.count
    return found


def _pools(measured: Instruments) -> Iterator[pb.PoolStatistics]:
    counts = dict(measured.looked_at(COUNT))
    waiting = dict(measured.looked_at(PENDING))
    timeouts = measured.counted(TIMEOUTS)
    waits = dict(summed(measured.figures(WAIT), 0))
    for (pool,), limit in sorted(measured.looked_at(MAX)):
        yield pb.PoolStatistics(
            pool=pool,
            used=int(counts.get((pool, "used"), 0)),
            idle=int(counts.get((pool, "idle"), 0)),
            limit=int(limit),
            waiting=int(waiting.get((pool,), 0)),
            timeouts=timeouts.get((pool,), 0),
            taken=waits.get(pool, NOTHING).count,
            wait_p95=to_duration(waits.get(pool, NOTHING).quantile(0.95)),
        )


def _groups(measured: Instruments) -> Iterator[pb.BusStatistics]:
    handled, behind = measured.figures(HANDLING), dict(measured.looked_at(LAG))
    ages = dict(measured.looked_at(GROUP_AGE))
    together = dict(summed(handled, 0))
    for group in sorted(together.keys() | {labels[0] for labels in behind}):
        yield pb.BusStatistics(
            group=group,
            handled=handled.get((group, "handled"), NOTHING).count,
            failed=handled.get((group, "failed"), NOTHING).count,
            mean=_mean(together.get(group, NOTHING)),
            behind=int(behind[group,]) if (group,) in behind else None,
            age=to_duration(ages[group,]) if (group,) in ages else None,
        )


def _mean(found: Distribution) -> Duration:
    return to_duration(found.total / found.count if found.count else 0.0)


def _dependency(found: Found) -> pb.DependencyState:
    return pb.DependencyState(
        dependency=found.name,
        up=found.is_up,
        since=to_timestamp(found.since),
        check_time=to_timestamp(found.checked_at),
        latency=to_duration(found.seconds),
        reason=found.trouble,
    )
