"""What is sent, as instruments. Attributes are kinds and outcomes: no workspace is one."""

from datetime import UTC, datetime

from opentelemetry.metrics import Meter

from services.notifications.outcome import Outcome

NO_FAILURE = "none"


class Instruments:
    """Counts attempts, and tells how old what they told was."""

    def __init__(self, meter: Meter) -> None:
        self._attempts = meter.create_counter(
            "shadower.notifications.attempts", "{attempt}", "Attempts to notify, by how they ended"
        )
        self._age = meter.create_histogram(
            "shadower.notifications.age", "s", "From an event to its receiver"
        )

    def note(self, kind: str, event_at: datetime, outcome: Outcome) -> None:
        failure = outcome.error.partition(":")[0].lower() or NO_FAILURE
        told = {"kind": kind, "outcome": outcome.verdict.value, "failure": failure}
        self._attempts.add(1, told)
        if outcome.is_delivered:
            age = (datetime.now(UTC) - event_at).total_seconds()
            self._age.record(max(age, 0), {"kind": kind})
