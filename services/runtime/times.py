"""Instants and spans between proto and Python, to the microsecond, always in UTC."""

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_datetime(timestamp: Timestamp) -> datetime:
    # By position, since by name it takes half as long again, and every fact has times.
    return EPOCH + timedelta(0, timestamp.seconds, timestamp.nanos // 1000)


def to_timestamp(time: datetime) -> Timestamp:
    since = time - EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1000)


def optional_timestamp(time: datetime | None) -> Timestamp | None:
    return None if time is None else to_timestamp(time)


def to_duration(seconds: float) -> Duration:
    """Rounded to the nanosecond."""
    duration = Duration()
    duration.FromNanoseconds(round(seconds * 1_000_000_000))
    return duration


def from_duration(duration: Duration) -> timedelta:
    """What is longer than Python can say is as long as it can say."""
    try:
        return timedelta(seconds=duration.seconds, microseconds=duration.nanos / 1000)
    except OverflowError:
        return timedelta.max if duration.seconds > 0 else timedelta.min


def microseconds(number: int) -> timedelta:
    return timedelta(microseconds=number)
