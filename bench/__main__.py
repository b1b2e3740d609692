"""Prints a published figure: `make bench B=name`. Each measures its floor or peer in the same run.

The last line is JSON, for programs.
"""

import signal
import sys
from importlib import import_module

FIGURES = {
    "alerts": "precision and recall of anomalies; 10,000 rules beside their queries (N=rules)",
    "breach": "from a breach at the edge to its webhook (T=90s, N=rules); S=seed: all of it killed",
    "cache": "hits while facts stream in, a hit beside a bare handler, a thousand waiters (T=60s)",
    "client": "microseconds that tracking adds to a run, in memory and in a spool (N=runs)",
    "console": "from navigation to a drawn page, and scrolling (N=executions,agents)",
    "edge": "requests through the whole chain beside Envoy alone, and each filter's CPU (T=4s)",
    "faults": "kills under load: nothing acknowledged is lost or doubled (T=30m, S=seed)",
    "footprint": "memory of idle processes and of the whole stack, and the time to ready",
    "history": "answers over 100 thousand to 10 million executions, beside raw SQL (N=sizes)",
    "ingest": "rows durably acknowledged a second, directly and through Kafka, beside COPY",
    "mesh": "replicas killed, stopped, slow and restarted: failed reads, lost writes, p99 (T=8s)",
    "notifications": "webhooks delivered a second beside a bare client, and how soon one comes",
    "overload": "three times as many calls as can be answered: how many still are (T=3s)",
    "peer": "a summary of a million runs beside FastAPI, SQLAlchemy, asyncpg and Redis (N=runs)",
    "streams": "10,000 live streams while 100 workspaces change each second (N=streams, T=30s)",
    "telemetry": "reads and ingestion with all traced, over the same without (T=1s, N=rounds)",
    "unary": "GetWorkspaceSummary and GetMetrics on 100,000 executions beside a bare handler",
}


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in FIGURES:
        lines = [f"  make bench B={name:<10} {what}" for name, what in FIGURES.items()]
        sys.exit("\n".join(["Figures:", *lines]))
    # Whoever is told to end, ends what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    import_module(f"bench.{arguments[0]}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
