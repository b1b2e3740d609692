"""What the contract's own rules cannot say of a target."""

from datetime import UTC, datetime
from uuid import UUID

from shadower.notifications.v1.target_pb2 import Target

from services.notifications import formats
from services.notifications.definitions import Secrets, kind_of
from services.notifications.guard import Guard
from services.notifications.notice import Happened, notice_of
from services.notifications.templates import TemplateError, render
from services.notifications.wording import values_of
from services.runtime.faults import InvalidArgument, invalid_field

TEST_ALERT = {
    "alertId": "00000000-0000-4000-8000-000000000000",
    "ruleId": "test",
    "ruleName": "This is what an alert looks like",
    "severity": "SEVERITY_INFO",
    "group": {},
    "labels": {},
    "state": "ALERT_STATE_TRIGGERED",
    "value": 3.0,
    "expected": 2.0,
    "pendingTime": "2026-01-01T00:00:00+00:00",
    "judgeTime": "2026-01-01T00:05:00+00:00",
    "notifications": 1.0,
}
ESCAPES = {"slack": formats.slack_escaped, "teams": formats.teams_escaped}


def test_of(workspace_id: str, event_id: UUID) -> Happened:
    """An alert that there is not. For PagerDuty it is another one each time."""
    data = {**TEST_ALERT, "alertId": str(event_id)}
    at = datetime.now(UTC)
    return Happened(event_id, "alert.triggered", at, workspace_id, data, is_test=True)


async def check(guard: Guard, target: Target, secrets: Secrets) -> None:
    """Raises InvalidArgument."""
    kind = kind_of(target)
    _check_is_whole(kind, secrets)
    if secrets.url:
        await guard.check_url(secrets.url, f"target.{kind}.url")
    _check_templates(target)


def unsuitable(kind: str, why: str) -> InvalidArgument:
    return InvalidArgument("TARGET_KIND_UNSUITABLE", why, metadata={"kind": kind})


def _check_is_whole(kind: str, secrets: Secrets) -> None:
    if kind in ("webhook", "slack", "teams") and not secrets.url:
        raise invalid_field(f"target.{kind}.url", "is required")
    if kind == "pager_duty" and not secrets.routing_key:
        raise invalid_field("target.pager_duty.routing_key", "is required")


def _check_templates(target: Target) -> None:
    """By an alert that there is not, so that what comes to no end is found as well."""
    values = values_of(notice_of(test_of("workspace", UUID(int=0))))
    for name in ("title_template", "body_template"):
        try:
            render(getattr(target, name), values)
        except TemplateError as failed:
            raise invalid_field(
                f"target.{name}", str(failed), reason="TEMPLATE_INVALID"
            ) from failed
