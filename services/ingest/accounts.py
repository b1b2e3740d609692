"""The ledger between the contract and the warehouse."""

from datetime import datetime, timedelta

from shadower.ingest.v1 import ledger_pb2 as pb
from shadower.ingest.v1.ingest_service_pb2 import ReconcileRequest

from services.runtime.faults import invalid_field
from services.runtime.times import to_timestamp
from services.translation.requests import interval
from services.warehouse.facts.ledger import HOUR, Entry
from services.warehouse.queries.interval import Interval

DEFAULT_LENGTH = timedelta(hours=24)
MOST = timedelta(days=31)


def hours_asked(request: ReconcileRequest, now: datetime) -> Interval:
    """Default: the last hours, this one included, by the clock that the ledger goes by. Raises
    InvalidArgument for too many."""
    if not request.HasField("interval"):
        next_hour = now.replace(minute=0, second=0, microsecond=0) + HOUR
        return Interval(next_hour - DEFAULT_LENGTH, next_hour)
    asked = interval(request)
    if asked.length > MOST:
        raise invalid_field("interval", f"must be at most {MOST.days} days long")
    return asked


def entry(found: Entry) -> pb.LedgerEntry:
    return pb.LedgerEntry(
        start_time=to_timestamp(found.hour),
        kind=pb.FactKind.Value(f"FACT_KIND_{found.kind.name}"),
        received=found.account.received,
        stored=found.account.stored,
        updated=found.account.updated,
        duplicate=found.account.duplicate,
        rejected=found.account.rejected,
        recounted=found.recounted,
        removed=found.removed,
    )
