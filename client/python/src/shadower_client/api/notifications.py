"""Of shadower.notifications.v1.

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from shadower.notifications.v1 import notifications_service_pb2

from shadower_client.api import (
    alerts,
    ingest,
)
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.frames import Table
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.pages import AsyncPages, Pages


@named("shadower.notifications.v1.DeliveryState")
class DeliveryState(OpenEnum):
    """How far a delivery is."""

    UNSPECIFIED = 0
    """Not set; refused."""
    WAITING = 1
    """It will be sent, for the first time or again."""
    DELIVERED = 2
    """The receiver has taken it."""
    FAILED = 3
    """It is given up, and may be retried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Message):
    """What is to be told to one target of one event."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.Delivery"
    delivery_id: str = ""
    """Its id in the workspace."""
    target_id: str = ""
    """The target."""
    event_id: str = ""
    """The event's id. It is the same for all targets, and for a receiver the sign of a
    repetition: as webhook-id, "msg_" and its hexadecimal digits.
    """
    event_type: ingest.EventType = ingest.EventType.UNSPECIFIED
    """What happened."""
    event_time: datetime | None = None
    """When the event was written down."""
    alert_id: str = ""
    """The alert that it is about; empty for a report."""
    report_id: str = ""
    """The report that it is about; empty for an alert."""
    state: DeliveryState = DeliveryState.UNSPECIFIED
    """How far it is."""
    attempts: int = 0
    """How often it was tried; since it was last retried by somebody."""
    due_time: datetime | None = None
    """When it is tried next, at the earliest; absent unless it waits."""
    end_time: datetime | None = None
    """When it was delivered or given up; absent if it waits."""
    error: str = ""
    """What the last attempt failed by; empty if nothing. See DeliveryAttempt."""
    status_code: int = 0
    """What the receiver said last, as an HTTP status or a reply code of SMTP; 0 if nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt(Message):
    """What came of an attempt to deliver."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.DeliveryAttempt"
    attempt_time: datetime | None = None
    """When it began."""
    duration: timedelta | None = None
    """How long it took."""
    status_code: int = 0
    """What the receiver said, as an HTTP status or a reply code of SMTP; 0 if nothing."""
    error: str = ""
    """What it failed by, beginning with a word such as TIMEOUT, UNREACHABLE, ADDRESS_REFUSED,
    STATUS or TEMPLATE_FAILED; empty if by nothing.
    """
    response: str = ""
    """How the receiver's answer begins: at most 1024 characters."""
    delivered: bool = False
    """Whether the receiver has taken it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAddress(Message):
    """A program that is told by an HTTP request, signed by Standard Webhooks."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.WebhookAddress"
    url: str = ""
    """Where to send to: an address of https, at most 2048 characters, without credentials.
    Addresses of http are for networks that the operator allows. It may hold a token, so it
    is never told again: empty in answers, and in an update empty if it stays.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAddress(Message):
    """A channel of Slack, or of another messenger that understands Slack's incoming webhooks."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.SlackAddress"
    url: str = ""
    """The address of the incoming webhook. As that of a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsAddress(Message):
    """A channel of Microsoft Teams, by a workflow that posts what a webhook gets."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.TeamsAddress"
    url: str = ""
    """The address of the workflow. As that of a webhook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyAddress(Message):
    """A service of PagerDuty, by Events API v2. It is told of alerts alone."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.PagerDutyAddress"
    routing_key: str = ""
    """The integration key: 1 to 64 letters and digits. Never told again, as the address of a
    webhook.
    """
    url: str = ""
    """Where to send to, for accounts in the EU or compatible programs; if empty,
    https://events.pagerduty.com/v2/enqueue. Never told again, as the address of a webhook;
    in an update, empty if it stays.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailAddress(Message):
    """People, by mail."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.EmailAddress"
    to: Sequence[str]
    """Their addresses: 1 to 20, each of at most 254 characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target(Message):
    """Whom to tell, of what, and how. What is an alert's is told of those that have all that
    is asked for here. Who was told that an alert began is told that it was acknowledged and
    resolved, if event_types has that. Who is named as a recipient, by a level of escalation
    or a report, is told whatever else is asked for here.
    """

    PROTO: ClassVar[str] = "shadower.notifications.v1.Target"
    name: str
    """What people call it: 1 to 256 characters."""
    webhook: WebhookAddress | None = None
    """A program."""
    slack: SlackAddress | None = None
    """A channel of Slack."""
    email: EmailAddress | None = None
    """People."""
    pager_duty: PagerDutyAddress | None = None
    """A service of PagerDuty."""
    teams: TeamsAddress | None = None
    """A channel of Microsoft Teams."""
    event_types: Sequence[ingest.EventType] = ()
    """Of which events it is told: ALERT_TRIGGERED, ALERT_ACKNOWLEDGED, ALERT_RESOLVED,
    REPORT_GENERATED and REPORT_FAILED. If empty, of all that alerts do, and of those
    reports that name it: a report is told with a link by which it is read without a token.
    With REPORT_GENERATED or REPORT_FAILED here, it is also told of reports that name
    nobody.
    """
    least_severity: alerts.Severity = alerts.Severity.UNSPECIFIED
    """Of alerts that are at least so severe; if not set, of all."""
    rule_ids: Sequence[str] = ()
    """Of alerts of these rules, at most 100; if empty, of all rules. Alerts of failed jobs
    have the rule shadower.jobs. With rules or labels here, it is told only of those reports
    that name it.
    """
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of alerts whose rule, or group, has all of these labels: at most 32."""
    only_as_recipient: bool = False
    """Whether it is told only of what names it as a recipient."""
    disabled: bool = False
    """Whether it is told nothing for now. What waits for it then is not told any more."""
    title_template: str = ""
    """A template of the title, in Liquid; at most 1024 characters. If empty, one that fits the
    event. What a template may use stands in docs/operations/notifications.md.
    """
    body_template: str = ""
    """A template of the text below it; at most 4096 characters."""
    max_per_minute: int = 0
    """At most so many messages a minute, up to 6000; more wait. If 0: 600 to a webhook, 120 to
    PagerDuty, 60 to others. Up to 20 may come at once.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTarget(Message):
    """A target as it is kept."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.KeptTarget"
    target_id: str = ""
    """Its id in the workspace."""
    target: Target
    """What it says, without addresses and keys that are secret."""
    host: str = ""
    """Where it is, as far as that is no secret: a host, or the first of the addresses."""
    etag: str = ""
    """Another one after each change; see UpdateTarget."""
    create_time: datetime | None = None
    """When it was made."""
    update_time: datetime | None = None
    """When it was last changed."""
    updated_by: str = ""
    """The subject of who last changed it; "shadower" if it was disabled since its receiver is
    gone.
    """
    previous_secret_expire_time: datetime | None = None
    """Until when what is sent is also signed by the secret before; absent if there is none."""
    gone: bool = False
    """Whether it was disabled since its receiver said that it is gone (410). Updating it
    without `disabled` enables it again.
    """
    failures: int = 0
    """How many of the last attempts failed in a row, since the receiver could not be reached
    or was not well.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTargetResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.CreateTargetResponse"
    target: KeptTarget
    """The target, as it is kept now."""
    secret: str = ""
    """By what messages to a webhook are signed: "whsec_" and 32 random bytes in base64. Told
    this once; empty for other kinds, and if the target was there already.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class GetTargetResponse(Message):
    """A target."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.GetTargetResponse"
    target: KeptTarget
    """The target, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTargetsResponse(Message, Table):
    """A page of targets."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.ListTargetsResponse"
    ITEMS: ClassVar[str] = "targets"
    targets: tuple[KeptTarget, ...] = ()
    """By their ids."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateTargetResponse(Message):
    """What is kept."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.UpdateTargetResponse"
    target: KeptTarget
    """The target, as it is kept now."""
    secret: str = ""
    """Its secret, if it has become a webhook by this; see CreateTarget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteTargetResponse(Message):
    """It is gone."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.DeleteTargetResponse"


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecretResponse(Message):
    """The new secret."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.RotateSecretResponse"
    target: KeptTarget
    """The target, as it is kept now."""
    secret: str = ""
    """As of CreateTarget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestTargetResponse(Message):
    """What came of it."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.TestTargetResponse"
    attempt: DeliveryAttempt | None = None
    """The attempt. Its error is empty if the receiver has taken the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveriesResponse(Message, Table):
    """A page of deliveries."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.ListDeliveriesResponse"
    ITEMS: ClassVar[str] = "deliveries"
    deliveries: tuple[Delivery, ...] = ()
    """The latest first."""
    next_page_token: str = ""
    """Where to go on; empty at the end."""
    as_of: datetime
    """Everything committed by this moment is regarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetDeliveryResponse(Message, Table):
    """A delivery."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.GetDeliveryResponse"
    ITEMS: ClassVar[str] = "attempts"
    delivery: Delivery
    """How far it is."""
    attempts: tuple[DeliveryAttempt, ...] = ()
    """What came of each attempt, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDeliveryResponse(Message):
    """It waits."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.RetryDeliveryResponse"
    delivery: Delivery
    """The delivery, as it is kept now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverTargetResponse(Message):
    """They wait."""

    PROTO: ClassVar[str] = "shadower.notifications.v1.RecoverTargetResponse"
    deliveries: int = 0
    """How many there are: 0 to 1000."""
    remaining: int = 0
    """How many are left that were given up, counted to 10000; 0 if none is."""


CREATE_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/CreateTarget",
    notifications_service_pb2.CreateTargetRequest,
    notifications_service_pb2.CreateTargetResponse,
    CreateTargetResponse,
    is_idempotent=True,
)

GET_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/GetTarget",
    notifications_service_pb2.GetTargetRequest,
    notifications_service_pb2.GetTargetResponse,
    KeptTarget,
    is_idempotent=True,
    unwrap="target",
)

LIST_TARGETS = Method(
    "/shadower.notifications.v1.NotificationsService/ListTargets",
    notifications_service_pb2.ListTargetsRequest,
    notifications_service_pb2.ListTargetsResponse,
    ListTargetsResponse,
    is_idempotent=True,
)

UPDATE_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/UpdateTarget",
    notifications_service_pb2.UpdateTargetRequest,
    notifications_service_pb2.UpdateTargetResponse,
    UpdateTargetResponse,
    is_idempotent=True,
)

DELETE_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/DeleteTarget",
    notifications_service_pb2.DeleteTargetRequest,
    notifications_service_pb2.DeleteTargetResponse,
    type(None),
    is_idempotent=True,
)

ROTATE_SECRET = Method(
    "/shadower.notifications.v1.NotificationsService/RotateSecret",
    notifications_service_pb2.RotateSecretRequest,
    notifications_service_pb2.RotateSecretResponse,
    RotateSecretResponse,
)

TEST_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/TestTarget",
    notifications_service_pb2.TestTargetRequest,
    notifications_service_pb2.TestTargetResponse,
    DeliveryAttempt,
    unwrap="attempt",
)

LIST_DELIVERIES = Method(
    "/shadower.notifications.v1.NotificationsService/ListDeliveries",
    notifications_service_pb2.ListDeliveriesRequest,
    notifications_service_pb2.ListDeliveriesResponse,
    ListDeliveriesResponse,
    is_idempotent=True,
)

GET_DELIVERY = Method(
    "/shadower.notifications.v1.NotificationsService/GetDelivery",
    notifications_service_pb2.GetDeliveryRequest,
    notifications_service_pb2.GetDeliveryResponse,
    GetDeliveryResponse,
    is_idempotent=True,
)

RETRY_DELIVERY = Method(
    "/shadower.notifications.v1.NotificationsService/RetryDelivery",
    notifications_service_pb2.RetryDeliveryRequest,
    notifications_service_pb2.RetryDeliveryResponse,
    Delivery,
    unwrap="delivery",
)

RECOVER_TARGET = Method(
    "/shadower.notifications.v1.NotificationsService/RecoverTarget",
    notifications_service_pb2.RecoverTargetRequest,
    notifications_service_pb2.RecoverTargetResponse,
    RecoverTargetResponse,
    is_idempotent=True,
)


class NotificationsApi:
    """Tells people and programs of alerts and reports. What happened comes by the event bus,
    is written down as deliveries, and is sent until the receiver has taken it or it is
    given up: about eight times within a day. Every message comes at least once, and of one
    alert and target in order.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create_target(
        self,
        target_id: str,
        target: Target,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateTargetResponse:
        """Makes a target under an id that the caller chooses. To make the same again changes
        nothing, and tells no secret. TARGET_EXISTS if the id is that of a target that says
        something else; TARGETS_FULL if the workspace has 200; ADDRESS_REFUSED for an address
        that nothing is sent to; TEMPLATE_INVALID; TARGET_KIND_UNSUITABLE for mail, if no server
        for it is set.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param target: What it says.
        """
        return self._caller.unary(
            CREATE_TARGET, {"target_id": target_id, "target": target}, workspace, timeout
        )

    def get_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptTarget:
        """Returns a target, without its secrets. TARGET_NOT_FOUND if there is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(GET_TARGET, {"target_id": target_id}, workspace, timeout)

    def list_targets(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListTargetsResponse, KeptTarget]:
        """Lists the targets of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_TARGETS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "targets",
        )

    def update_target(
        self,
        target_id: str,
        target: Target,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> UpdateTargetResponse:
        """Lets a target say something else from now on; also of what already waits for it.
        Addresses and keys that are left empty stay, if the kind does. Errors as of
        CreateTarget; TARGET_NOT_FOUND; TARGET_CHANGED if somebody else was faster: if the etag
        is not that of the target, and the target does not say the same already.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param target: What it says. Addresses and keys may be left empty if they stay.
        :param etag: The etag of what is to be replaced. Required.
        """
        return self._caller.unary(
            UPDATE_TARGET,
            {"target_id": target_id, "target": target, "etag": etag},
            workspace,
            timeout,
        )

    def delete_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a target, if there is one, with what waits for it and the log of its deliveries.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(DELETE_TARGET, {"target_id": target_id}, workspace, timeout)

    def rotate_secret(
        self,
        target_id: str,
        *,
        grace_period: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RotateSecretResponse:
        """Makes another secret of a webhook, and tells it this once. For the grace period what is
        sent is signed by the secret before, too. TARGET_NOT_FOUND; TARGET_KIND_UNSUITABLE if it
        is no webhook.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param grace_period: For so long the secret before is valid, too: up to 7 days. If not
            set, 24 hours.
        """
        return self._caller.unary(
            ROTATE_SECRET,
            {"target_id": target_id, "grace_period": grace_period},
            workspace,
            timeout,
        )

    def test_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> DeliveryAttempt:
        """Sends a message that says that it is a test, at once and once, and tells what came of
        it; also to a target that is disabled. PagerDuty is told that it is over as well.
        TARGET_NOT_FOUND if there is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return self._caller.unary(TEST_TARGET, {"target_id": target_id}, workspace, timeout)

    def list_deliveries(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        target: str | None = None,
        states: Sequence[DeliveryState] | None = None,
        alert: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> Pages[ListDeliveriesResponse, Delivery]:
        """Lists deliveries of the last days, the latest first.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        :param target: Those of this target; if empty, of all.
        :param states: Those in these states; if empty, in all.
        :param alert: Those about this alert, a UUID; if empty, about anything.
        """
        return self._caller.pages(
            LIST_DELIVERIES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "target": target,
                "states": states,
                "alert": alert,
            },
            workspace,
            timeout,
            "deliveries",
        )

    def get_delivery(
        self, delivery_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetDeliveryResponse:
        """Returns a delivery, and its attempts, the latest 100. DELIVERY_NOT_FOUND if there is
        none.

        :param delivery_id: The delivery's id: a UUID.
        """
        return self._caller.unary(GET_DELIVERY, {"delivery_id": delivery_id}, workspace, timeout)

    def retry_delivery(
        self, delivery_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Delivery:
        """Has something delivered as soon as possible: what waits without waiting longer, what was
        given up or delivered once more, as the same message. DELIVERY_NOT_FOUND if there is
        none. Not idempotent: what the first call had sent may have arrived before a second one
        has it sent again. Whoever has no answer finds by GetDelivery whether it waits, or what
        came of it.

        :param delivery_id: The delivery's id: a UUID.
        """
        return self._caller.unary(RETRY_DELIVERY, {"delivery_id": delivery_id}, workspace, timeout)

    def recover_target(
        self,
        target_id: str,
        *,
        since: datetime | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecoverTargetResponse:
        """Has a target's deliveries that were given up tried once more, in their order: up to 1000
        of them, and more with another call, as long as some remain. TARGET_NOT_FOUND if there
        is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param since: What was told since then, from 1970 on and before 2200; if not set, all of
            it.
        """
        return self._caller.unary(
            RECOVER_TARGET, {"target_id": target_id, "since": since}, workspace, timeout
        )


class AsyncNotificationsApi:
    """Tells people and programs of alerts and reports. What happened comes by the event bus,
    is written down as deliveries, and is sent until the receiver has taken it or it is
    given up: about eight times within a day. Every message comes at least once, and of one
    alert and target in order.
    """

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller

    async def create_target(
        self,
        target_id: str,
        target: Target,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> CreateTargetResponse:
        """Makes a target under an id that the caller chooses. To make the same again changes
        nothing, and tells no secret. TARGET_EXISTS if the id is that of a target that says
        something else; TARGETS_FULL if the workspace has 200; ADDRESS_REFUSED for an address
        that nothing is sent to; TEMPLATE_INVALID; TARGET_KIND_UNSUITABLE for mail, if no server
        for it is set.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param target: What it says.
        """
        return await self._caller.unary(
            CREATE_TARGET, {"target_id": target_id, "target": target}, workspace, timeout
        )

    async def get_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> KeptTarget:
        """Returns a target, without its secrets. TARGET_NOT_FOUND if there is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(GET_TARGET, {"target_id": target_id}, workspace, timeout)

    def list_targets(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListTargetsResponse, KeptTarget]:
        """Lists the targets of the workspace by their ids.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        """
        return self._caller.pages(
            LIST_TARGETS,
            {"page_size": page_size, "page_token": page_token},
            workspace,
            timeout,
            "targets",
        )

    async def update_target(
        self,
        target_id: str,
        target: Target,
        etag: str,
        *,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> UpdateTargetResponse:
        """Lets a target say something else from now on; also of what already waits for it.
        Addresses and keys that are left empty stay, if the kind does. Errors as of
        CreateTarget; TARGET_NOT_FOUND; TARGET_CHANGED if somebody else was faster: if the etag
        is not that of the target, and the target does not say the same already.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param target: What it says. Addresses and keys may be left empty if they stay.
        :param etag: The etag of what is to be replaced. Required.
        """
        return await self._caller.unary(
            UPDATE_TARGET,
            {"target_id": target_id, "target": target, "etag": etag},
            workspace,
            timeout,
        )

    async def delete_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> None:
        """Deletes a target, if there is one, with what waits for it and the log of its deliveries.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(DELETE_TARGET, {"target_id": target_id}, workspace, timeout)

    async def rotate_secret(
        self,
        target_id: str,
        *,
        grace_period: timedelta | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RotateSecretResponse:
        """Makes another secret of a webhook, and tells it this once. For the grace period what is
        sent is signed by the secret before, too. TARGET_NOT_FOUND; TARGET_KIND_UNSUITABLE if it
        is no webhook.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param grace_period: For so long the secret before is valid, too: up to 7 days. If not
            set, 24 hours.
        """
        return await self._caller.unary(
            ROTATE_SECRET,
            {"target_id": target_id, "grace_period": grace_period},
            workspace,
            timeout,
        )

    async def test_target(
        self, target_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> DeliveryAttempt:
        """Sends a message that says that it is a test, at once and once, and tells what came of
        it; also to a target that is disabled. PagerDuty is told that it is over as well.
        TARGET_NOT_FOUND if there is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        """
        return await self._caller.unary(TEST_TARGET, {"target_id": target_id}, workspace, timeout)

    def list_deliveries(
        self,
        *,
        page_size: int | None = None,
        page_token: str | None = None,
        target: str | None = None,
        states: Sequence[DeliveryState] | None = None,
        alert: str | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPages[ListDeliveriesResponse, Delivery]:
        """Lists deliveries of the last days, the latest first.

        :param page_size: At most so many: 1 to 500; if 0, 50.
        :param page_token: next_page_token of the page before.
        :param target: Those of this target; if empty, of all.
        :param states: Those in these states; if empty, in all.
        :param alert: Those about this alert, a UUID; if empty, about anything.
        """
        return self._caller.pages(
            LIST_DELIVERIES,
            {
                "page_size": page_size,
                "page_token": page_token,
                "target": target,
                "states": states,
                "alert": alert,
            },
            workspace,
            timeout,
            "deliveries",
        )

    async def get_delivery(
        self, delivery_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> GetDeliveryResponse:
        """Returns a delivery, and its attempts, the latest 100. DELIVERY_NOT_FOUND if there is
        none.

        :param delivery_id: The delivery's id: a UUID.
        """
        return await self._caller.unary(
            GET_DELIVERY, {"delivery_id": delivery_id}, workspace, timeout
        )

    async def retry_delivery(
        self, delivery_id: str, *, workspace: str | None = None, timeout: float | None = None
    ) -> Delivery:
        """Has something delivered as soon as possible: what waits without waiting longer, what was
        given up or delivered once more, as the same message. DELIVERY_NOT_FOUND if there is
        none. Not idempotent: what the first call had sent may have arrived before a second one
        has it sent again. Whoever has no answer finds by GetDelivery whether it waits, or what
        came of it.

        :param delivery_id: The delivery's id: a UUID.
        """
        return await self._caller.unary(
            RETRY_DELIVERY, {"delivery_id": delivery_id}, workspace, timeout
        )

    async def recover_target(
        self,
        target_id: str,
        *,
        since: datetime | None = None,
        workspace: str | None = None,
        timeout: float | None = None,
    ) -> RecoverTargetResponse:
        """Has a target's deliveries that were given up tried once more, in their order: up to 1000
        of them, and more with another call, as long as some remain. TARGET_NOT_FOUND if there
        is none.

        :param target_id: The target's id: 1 to 63 small letters, digits, - and _.
        :param since: What was told since then, from 1970 on and before 2200; if not set, all of
            it.
        """
        return await self._caller.unary(
            RECOVER_TARGET, {"target_id": target_id, "since": since}, workspace, timeout
        )
