"""Sends what waits for one target, as long as the lease holds and there is something due."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from services.notifications.away import AWAY
from services.notifications.definitions import OpenTarget, Vault, kind_of, read
from services.notifications.instruments import Instruments
from services.notifications.notice import Happened, whole_numbers
from services.notifications.outcome import Outcome, Verdict, unwell
from services.notifications.pacing import Pace
from services.notifications.recording import Recorder
from services.notifications.retrying import Retries
from services.notifications.sealing import UnreadableSecretError
from services.notifications.sending import Sender, Sending
from services.runtime.failpoints import Failpoints
from services.warehouse.database import Database, Session
from services.warehouse.notifications.deliveries import (
    Attempt,
    Done,
    DueDelivery,
    due_deliveries,
    give_up,
)
from services.warehouse.notifications.lanes import Lane, Leaving, Standing, hold, release
from services.warehouse.notifications.targets import KeptTarget, find_target

DISABLED = "TARGET_DISABLED: nothing is told to it for now"
EXPIRED = "EXPIRED: it has waited for two days"
# Longer than all pauses take. A receiver that stays away is tried seldom, with one message of many.
LONGEST_WAIT = timedelta(days=2)
NO_TIME = timedelta(0)


@dataclass(frozen=True)
class Means:
    """What it takes to send, the same for all lanes."""

    database: Database
    vault: Vault
    sender: Sender
    retries: Retries
    instruments: Instruments
    failpoints: Failpoints
    lease: timedelta
    at_once: int
    """Messages to one target."""


@dataclass(frozen=True)
class Batch:
    """What is sent to a target at once."""

    target: KeptTarget
    deliveries: Sequence[DueDelivery]


async def run_lane(means: Means, lane: Lane, is_ending: Callable[[], bool]) -> None:
    """Whatever cannot be written down leaves the lane to its lease, and then to another try."""
    log = structlog.get_logger("notifications").bind(
        workspace_id=lane.workspace_id, target_id=lane.target_id
    )
    try:
        await LaneRun(means, lane).run(is_ending)
    except AWAY as away:
        log.warning("left a target to its lease", error=repr(away))


class LaneRun:
    """One run along a lane."""

    def __init__(self, means: Means, lane: Lane) -> None:
        self._means = means
        self._lane = lane
        self._standing: Standing | None = None
        self._recorder = Recorder(means.database, lane)

    async def run(self, is_ending: Callable[[], bool]) -> None:
        lease = self._means.lease.total_seconds()
        while True:
            until = time.monotonic() + lease
            batch = await self._next()
            # Whoever was halted for so long might send what another one sends.
            if batch is None or time.monotonic() > until - lease / 2:
                return
            pause = self._pause_after(await self._deliver_all(batch, until))
            if pause or is_ending():
                await self._leave(pause)
                return

    async def _deliver_all(self, batch: Batch, until: float) -> list[Outcome]:
        """Lets each come to its end, whatever becomes of another. Raises a Fault."""
        sending = (self._deliver(batch.target, one, until) for one in batch.deliveries)
        ended = await asyncio.gather(*sending, return_exceptions=True)
        for one in ended:
            if isinstance(one, BaseException):
                raise one
        return [one for one in ended if isinstance(one, Outcome)]

    async def _next(self) -> Batch | None:
        """None if there is nothing more to do; then the lane is left."""
        async with self._means.database.writing(self._lane.workspace_id) as session:
            held = await hold(session, self._lane, self._means.lease)
            target = await find_target(session, self._lane.target_id)
            if held is None or target is None:
                return None
            if not target.is_enabled:
                await give_up(session, target.target_id, DISABLED)
            elif self._standing is None:
                await give_up(session, target.target_id, EXPIRED, LONGEST_WAIT)
            self._standing = self._standing or held
            return await self._batch(session, target, self._standing)

    async def _batch(
        self, session: Session, target: KeptTarget, standing: Standing
    ) -> Batch | None:
        now = datetime.now(UTC)
        pace = Pace(read(target.definition), standing.paced_at)
        # Of one that was not well, one message finds out whether it is.
        room = min(1 if standing.failures else self._means.at_once, pace.room(now))
        due = await due_deliveries(session, target.target_id, room)
        if not due:
            wait = NO_TIME if room else pace.wait(now)
            await release(session, self._lane, Leaving(standing, NO_TIME, wait))
            return None
        pace.take(now, len(due))
        self._standing = replace(standing, paced_at=pace.paced_at)
        return Batch(target, due)

    async def _deliver(self, target: KeptTarget, delivery: DueDelivery, until: float) -> Outcome:
        began, clock = datetime.now(UTC), time.monotonic()
        outcome = await self._sent(target, delivery)
        self._means.failpoints.reach("notify.sent")
        kind = kind_of(read(target.definition))
        self._means.instruments.note(kind, delivery.event_at, outcome)
        attempt = Attempt(
            attempted_at=began,
            duration=timedelta(seconds=time.monotonic() - clock),
            status_code=outcome.status_code,
            error=outcome.error,
            response=outcome.response,
            is_delivered=outcome.is_delivered,
        )
        following = self._means.retries.following(delivery.attempts + 1, outcome)
        is_gone = outcome.verdict is Verdict.GONE
        await self._recorder.record(Done(delivery, attempt, following, is_gone), until)
        return outcome

    async def _sent(self, target: KeptTarget, delivery: DueDelivery) -> Outcome:
        try:
            opened = self._means.vault.open(self._lane.workspace_id, target)
        except UnreadableSecretError as sealed:
            return unwell(f"SECRET_UNREADABLE: {sealed}")
        [sent] = await asyncio.gather(
            self._means.sender.send(self._sending(opened, delivery)), return_exceptions=True
        )
        if isinstance(sent, Outcome):
            return sent
        # Whatever it is, it is this message's end, and must not be that of all behind it.
        structlog.get_logger("notifications").error("message not sent", exc_info=sent)
        return Outcome(Verdict.AGAIN, error=f"INTERNAL: {type(sent).__name__}")

    def _sending(self, target: OpenTarget, delivery: DueDelivery) -> Sending:
        happened = Happened(
            delivery.event_id,
            delivery.event_type,
            delivery.event_at,
            self._lane.workspace_id,
            whole_numbers(delivery.data),
        )
        return Sending(happened, target, delivery.remaining, delivery.refused)

    def _pause_after(self, outcomes: Sequence[Outcome]) -> timedelta:
        """For how long the receiver is to be left alone, which it is if it was not well."""
        if self._standing is None:
            return NO_TIME
        unwell_ones = [one for one in outcomes if one.is_unwell]
        failures = self._standing.failures + len(unwell_ones) if unwell_ones else 0
        self._standing = replace(self._standing, failures=failures)
        if not failures:
            return NO_TIME
        told = [one.retry_after for one in unwell_ones if one.retry_after is not None]
        return max(self._means.retries.pause_after(failures), *told, NO_TIME)

    async def _leave(self, pause: timedelta) -> None:
        async with self._means.database.writing(self._lane.workspace_id) as session:
            if self._standing is not None:
                await release(session, self._lane, Leaving(self._standing, pause, NO_TIME))
