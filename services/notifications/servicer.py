"""NotificationsService: whom to tell, and what was delivered."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shadower.notifications.v1 import delivery_pb2, target_pb2
from shadower.notifications.v1 import notifications_service_pb2 as pb
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceServicer

from services.notifications import answers, places
from services.notifications.checking import test_of
from services.notifications.definitions import Vault
from services.notifications.keeping import Asked, Keeper
from services.notifications.outcome import unwell
from services.notifications.sealing import UnreadableSecretError
from services.notifications.sending import Sender, Sending
from services.runtime.call import Context, current_call
from services.runtime.times import from_duration, to_datetime, to_timestamp
from services.translation.ids import after_id, following_id
from services.translation.pages import page_size
from services.warehouse.database import Database
from services.warehouse.notifications.deliveries import (
    Attempt,
    DeliveryQuery,
    attempts_of,
    count_failed,
    get_delivery,
    list_deliveries,
    recover_deliveries,
    retry_delivery,
)
from services.warehouse.notifications.lanes import forgive
from services.warehouse.notifications.targets import (
    KeptTarget,
    delete_target,
    get_target,
    get_target_to_change,
    list_targets,
)

DEFAULT_PAGE, MAX_PAGE = 50, 500
MOST_RECOVERED, MOST_COUNTED = 1_000, 10_000
USUAL_GRACE = timedelta(hours=24)


class NotificationsServicer(NotificationsServiceServicer):
    """Translates between the contract and targets and deliveries as they are kept."""

    def __init__(self, database: Database, keeper: Keeper, vault: Vault, sender: Sender) -> None:
        self._database = database
        self._keeper = keeper
        self._vault = vault
        self._sender = sender

    async def CreateTarget(
        self, request: pb.CreateTargetRequest, context: Context
    ) -> pb.CreateTargetResponse:
        asked = Asked(request.target_id, request.target, _caller())
        kept, secret = await self._keeper.make(request.workspace_id, asked)
        return pb.CreateTargetResponse(target=self._told(request, kept), secret=secret)

    async def GetTarget(
        self, request: pb.GetTargetRequest, context: Context
    ) -> pb.GetTargetResponse:
        async with self._database.reading(request.workspace_id) as session:
            kept = await get_target(session, request.target_id)
        return pb.GetTargetResponse(target=self._told(request, kept))

    async def ListTargets(
        self, request: pb.ListTargetsRequest, context: Context
    ) -> pb.ListTargetsResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_targets(session, limit + 1, after_id(request))
        return pb.ListTargetsResponse(
            targets=[self._told(request, one) for one in found[:limit]],
            next_page_token=following_id(request, [one.target_id for one in found], limit),
            as_of=to_timestamp(session.as_of),
        )

    async def UpdateTarget(
        self, request: pb.UpdateTargetRequest, context: Context
    ) -> pb.UpdateTargetResponse:
        asked = Asked(request.target_id, request.target, _caller())
        kept, secret = await self._keeper.change(request.workspace_id, asked, request.etag)
        return pb.UpdateTargetResponse(target=self._told(request, kept), secret=secret)

    async def DeleteTarget(
        self, request: pb.DeleteTargetRequest, context: Context
    ) -> pb.DeleteTargetResponse:
        async with self._database.writing(request.workspace_id) as session:
            await delete_target(session, request.target_id)
        return pb.DeleteTargetResponse()

    async def RotateSecret(
        self, request: pb.RotateSecretRequest, context: Context
    ) -> pb.RotateSecretResponse:
        grace = USUAL_GRACE
        if request.HasField("grace_period"):
            grace = from_duration(request.grace_period)
        asked = (request.workspace_id, request.target_id, grace, _caller())
        kept, secret = await self._keeper.rotate(*asked)
        return pb.RotateSecretResponse(target=self._told(request, kept), secret=secret)

    async def TestTarget(
        self, request: pb.TestTargetRequest, context: Context
    ) -> pb.TestTargetResponse:
        async with self._database.reading(request.workspace_id) as session:
            kept = await get_target(session, request.target_id)
        attempt = await self._tried(request.workspace_id, kept)
        return pb.TestTargetResponse(attempt=answers.attempt(attempt))

    async def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: Context
    ) -> pb.ListDeliveriesResponse:
        limit = page_size(request.page_size, DEFAULT_PAGE, MAX_PAGE)
        states = [_state(number) for number in request.states]
        after = places.after_delivery(request)
        query = DeliveryQuery(limit + 1, request.target, states, request.alert, after)
        async with self._database.reading(request.workspace_id) as session:
            found = await list_deliveries(session, query)
        return pb.ListDeliveriesResponse(
            deliveries=map(answers.delivery, found[:limit]),
            next_page_token=places.following_delivery(request, found, limit),
            as_of=to_timestamp(session.as_of),
        )

    async def GetDelivery(
        self, request: pb.GetDeliveryRequest, context: Context
    ) -> pb.GetDeliveryResponse:
        delivery_id = UUID(request.delivery_id)
        async with self._database.reading(request.workspace_id) as session:
            found = await get_delivery(session, delivery_id)
            attempts = await attempts_of(session, delivery_id)
        return pb.GetDeliveryResponse(
            delivery=answers.delivery(found), attempts=map(answers.attempt, attempts)
        )

    async def RetryDelivery(
        self, request: pb.RetryDeliveryRequest, context: Context
    ) -> pb.RetryDeliveryResponse:
        delivery_id = UUID(request.delivery_id)
        async with self._database.writing(request.workspace_id) as session:
            found = await get_delivery(session, delivery_id)
            await forgive(session, found.target_id)
            await retry_delivery(session, delivery_id)
            found = await get_delivery(session, delivery_id)
        return pb.RetryDeliveryResponse(delivery=answers.delivery(found))

    async def RecoverTarget(
        self, request: pb.RecoverTargetRequest, context: Context
    ) -> pb.RecoverTargetResponse:
        since = to_datetime(request.since) if request.HasField("since") else None
        async with self._database.writing(request.workspace_id) as session:
            kept = await get_target_to_change(session, request.target_id)
            asked = (session, kept.target_id, since)
            recovered = await recover_deliveries(*asked, MOST_RECOVERED)
            remaining = await count_failed(*asked, MOST_COUNTED)
            # Whoever writes down events waits for the lane, so that is held for a moment only.
            await forgive(session, kept.target_id)
        return pb.RecoverTargetResponse(deliveries=recovered, remaining=remaining)

    async def _tried(self, workspace_id: str, kept: KeptTarget) -> Attempt:
        began, clock = datetime.now(UTC), time.monotonic()
        try:
            target = self._vault.open(workspace_id, kept)
        except UnreadableSecretError as sealed:
            outcome = unwell(f"SECRET_UNREADABLE: {sealed}")
        else:
            outcome = await self._sender.send(Sending(test_of(workspace_id, uuid4()), target))
        took = timedelta(seconds=time.monotonic() - clock)
        said = (outcome.status_code, outcome.error, outcome.response, outcome.is_delivered)
        return Attempt(began, took, *said)

    def _told(self, request: Any, kept: KeptTarget) -> target_pb2.KeptTarget:
        return answers.kept_target(request.workspace_id, kept, self._vault)


def _state(number: int) -> str:
    name = delivery_pb2.DeliveryState.Name(number)  # type: ignore[arg-type]
    return name.removeprefix("DELIVERY_STATE_").lower()


def _caller() -> str:
    return current_call().principal.subject
