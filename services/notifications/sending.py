"""Sends a notice to a target of whatever kind."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256

from standardwebhooks import Webhook

from services.notifications import formats
from services.notifications.definitions import OpenTarget
from services.notifications.mailing import Mailer, beside_refused
from services.notifications.notice import Happened
from services.notifications.outcome import MOST_ERROR, Outcome, Verdict, kept_text
from services.notifications.posting import Poster, Request
from services.notifications.wording import worded

# These say so of a message that they cannot read, and PagerDuty asks not to be sent it again.
UNREADABLE = frozenset((400, 413))


@dataclass(frozen=True)
class Sending:
    """Something to be told to a target."""

    happened: Happened
    target: OpenTarget
    remaining: Sequence[str] | None = None
    refused: Sequence[str] = ()


class Sender:
    """One attempt each."""

    def __init__(self, poster: Poster, mailer: Mailer) -> None:
        self._poster = poster
        self._mailer = mailer
        self._kinds: Mapping[str, Callable[[Sending], Awaitable[Outcome]]] = {
            "webhook": self._to_webhook,
            "slack": self._to_slack,
            "teams": self._to_teams,
            "pager_duty": self._to_pager_duty,
            "email": self._to_people,
        }

    @property
    def has_mail(self) -> bool:
        return self._mailer.is_set

    async def send(self, sending: Sending) -> Outcome:
        return await self._kinds[sending.target.kind](sending)

    async def _to_webhook(self, sending: Sending) -> Outcome:
        notice = worded(sending.happened, sending.target.said)
        body = formats.written(formats.webhook(notice))
        headers = signed(sending, body, datetime.now(UTC))
        outcome = await self._poster.post(Request(sending.target.url, body, headers))
        return _with_problem(outcome, notice.problem)

    async def _to_slack(self, sending: Sending) -> Outcome:
        notice = worded(sending.happened, sending.target.said, formats.slack_escaped)
        outcome = await self._post(sending, formats.written(formats.slack(notice)))
        return _with_problem(outcome, notice.problem)

    async def _to_teams(self, sending: Sending) -> Outcome:
        notice = worded(sending.happened, sending.target.said, formats.teams_escaped)
        outcome = await self._post(sending, formats.written(formats.teams(notice)))
        return _with_problem(outcome, notice.problem)

    async def _to_pager_duty(self, sending: Sending) -> Outcome:
        notice = worded(sending.happened, sending.target.said)
        event = formats.pager_duty(notice, sending.target.secrets.routing_key)
        outcome = await self._post(sending, formats.written(event))
        if sending.happened.is_test and outcome.is_delivered and event["event_action"] == "trigger":
            return await self.send(replace(sending, happened=formats.ended(sending.happened)))
        return _with_problem(outcome, notice.problem)

    async def _to_people(self, sending: Sending) -> Outcome:
        notice = worded(sending.happened, sending.target.said)
        everybody = sending.target.said.email.to
        rest = sending.remaining
        # Some may have been taken off the list meanwhile.
        to = [one for one in everybody if rest is None or one in rest]
        refused = [one for one in everybody if one in sending.refused]
        if not to:
            return beside_refused(Outcome(Verdict.DELIVERED), refused)
        owner = sha256(f"{sending.happened.workspace_id}/{sending.target.target_id}".encode())
        outcome = await self._mailer.send(notice, owner.hexdigest()[:16], to)
        return _with_problem(beside_refused(outcome, refused), notice.problem)

    async def _post(self, sending: Sending, body: bytes) -> Outcome:
        return await self._poster.post(Request(sending.target.url, body, {}, UNREADABLE))


def signed(sending: Sending, body: bytes, at: datetime) -> dict[str, str]:
    """By Standard Webhooks. The id is the same each time, time and signature are not."""
    message_id = f"msg_{sending.happened.event_id.hex}"
    text = body.decode()
    signatures = [
        Webhook(secret).sign(message_id, at, text) for secret in sending.target.signing(at)
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _with_problem(outcome: Outcome, problem: str) -> Outcome:
    if not problem:
        return outcome
    told = f"{outcome.error}; {problem}" if outcome.error else problem
    return replace(outcome, error=kept_text(told)[:MOST_ERROR])
