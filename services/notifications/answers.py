"""From what is kept of targets and deliveries to the contract's messages."""

from datetime import UTC, datetime

from shadower.ingest.v1.event_pb2 import EventType
from shadower.notifications.v1 import delivery_pb2 as pb
from shadower.notifications.v1 import target_pb2

from services.notifications.definitions import Secrets, Vault, kind_of, read
from services.notifications.notice import ALERT_TYPES
from services.notifications.sealing import UnreadableSecretError
from services.runtime.times import optional_timestamp, to_duration, to_timestamp
from services.translation.ids import etag_of
from services.warehouse.notifications.deliveries import Attempt, Delivery
from services.warehouse.notifications.targets import KeptTarget


def kept_target(workspace_id: str, kept: KeptTarget, vault: Vault) -> target_pb2.KeptTarget:
    said = read(kept.definition)
    is_rotating = kept.previous_until > datetime.now(UTC)
    return target_pb2.KeptTarget(
        target_id=kept.target_id,
        target=said,
        host=_host(said, _secrets(workspace_id, kept, vault)),
        etag=etag_of(kept),
        create_time=to_timestamp(kept.created_at),
        update_time=to_timestamp(kept.updated_at),
        updated_by=kept.updated_by,
        previous_secret_expire_time=to_timestamp(kept.previous_until) if is_rotating else None,
        gone=kept.is_gone,
        failures=kept.failures,
    )


def delivery(kept: Delivery) -> pb.Delivery:
    is_alert = kept.event_type in ALERT_TYPES
    is_waiting = kept.state == "waiting"
    return pb.Delivery(
        delivery_id=str(kept.delivery_id),
        target_id=kept.target_id,
        event_id=str(kept.event_id),
        event_type=EventType.Value(f"EVENT_TYPE_{kept.event_type.replace('.', '_').upper()}"),
        event_time=to_timestamp(kept.event_at),
        alert_id=kept.subject if is_alert else "",
        report_id="" if is_alert else kept.subject,
        state=pb.DeliveryState.Value(f"DELIVERY_STATE_{kept.state.upper()}"),
        attempts=kept.attempts,
        due_time=to_timestamp(kept.due_at) if is_waiting else None,
        end_time=optional_timestamp(kept.ended_at),
        error=kept.error,
        status_code=kept.status_code,
    )


def attempt(kept: Attempt) -> pb.DeliveryAttempt:
    return pb.DeliveryAttempt(
        attempt_time=to_timestamp(kept.attempted_at),
        duration=to_duration(kept.duration.total_seconds()),
        status_code=kept.status_code,
        error=kept.error,
        response=kept.response,
        delivered=kept.is_delivered,
    )


def _secrets(workspace_id: str, kept: KeptTarget, vault: Vault) -> Secrets:
    """None of them if they cannot be opened: everything else can still be told."""
    try:
        return vault.secrets_of(workspace_id, kept)
    except UnreadableSecretError:
        return Secrets()


def _host(said: target_pb2.Target, secrets: Secrets) -> str:
    if kind_of(said) == "email":
        return said.email.to[0]
    return secrets.host or ("events.pagerduty.com" if kind_of(said) == "pager_duty" else "")
