"""What happens is told to everybody whom it concerns, by a process as it is run."""

import asyncio
import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from shadower.notifications.v1.notifications_service_pb2_grpc import NotificationsServiceStub

from services.runtime.faults import Unavailable
from services.runtime.pool import open_pool
from services.warehouse.database import Database
from tests.support.bus import rows, settings_of
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.notifications import DELIVERED, FAILED, QUICK, WAITING, Told, alert
from tests.support.postgres import Server
from tests.support.receivers import (
    HANG,
    Answer,
    Got,
    Mailbox,
    Receiver,
    running_mailbox,
    running_receiver,
)
from tests.support.stack import Environment, Running, ready, start, stop

KEY = base64.b64encode(bytes(range(32))).decode()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with running_mailbox() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
async def receiver() -> AsyncIterator[Receiver]:
    async with running_receiver() as receiver:
        yield receiver


@dataclass(frozen=True)
class Notifier:
    """A database of its own, and the process that tells what happens there."""

    environment: Environment
    database: Database
    running: Running
    stub: Any

    def of(self, keys: KeyRing, workspace: str) -> Told:
        return Told(self.stub, self.database, keys, workspace)


@asynccontextmanager
async def notifying(environment: Environment) -> AsyncIterator[Notifier]:
    running = start("notifications", environment)
    try:
        await ready(running)
        async with (
            open_pool(settings_of(environment.database_url)) as pool,
            running.channel() as channel,
        ):
            stub = NotificationsServiceStub(channel)
            yield Notifier(environment, Database(pool), running, stub)
    finally:
        if running.process.poll() is None:
            stop(running)


@pytest.fixture(scope="module")
def environment(
    postgres: Server,
    template: str,
    jwks_file: Path,
    mailbox: Mailbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Environment:
    extra = (
        *QUICK,
        ("SHADOWER_SMTP_URL", mailbox.url),
        ("SHADOWER_SMTP_FROM", "Shadower <alerts@shadower.example>"),
        ("SHADOWER_NOTIFICATION_KEY", KEY),
    )
    logs = tmp_path_factory.mktemp("logs")
    return Environment(postgres.create(template), jwks_file, logs, extra)


@pytest.fixture(scope="module")
async def notifier(environment: Environment) -> AsyncIterator[Notifier]:
    async with notifying(environment) as notifier:
        yield notifier


@pytest.fixture
def fresh_url(postgres: Server, template: str) -> str:
    return postgres.create(template)


@pytest.fixture
def told(notifier: Notifier, keys: KeyRing, workspace: str) -> Told:
    return notifier.of(keys, workspace)


@pytest.fixture
def path() -> str:
    """Of a receiver that nobody else is told to."""
    return uuid.uuid4().hex


def signatures(got: Got, secret: str) -> str:
    """By the specification, and nobody's library."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode()
    return "v1," + base64.b64encode(hmac.digest(key, head + got.body, hashlib.sha256)).decode()


async def test_a_webhook_is_told_at_once_and_signed(
    told: Told, receiver: Receiver, path: str
) -> None:
    made = await told.make(webhook={"url": receiver.at(path)})
    data = alert()
    event_id = await told.publish(data)
    [got] = await receiver.take(path, seconds=3)
    assert got.headers["webhook-id"] == f"msg_{event_id.hex}"
    assert got.headers["webhook-signature"] == signatures(got, made.secret)
    assert got.headers["Content-Type"] == "application/json"
    assert got.content["type"] == "alert.triggered"
    assert got.content["workspaceId"] == told.workspace
    assert got.content["data"] == data
    assert got.title == "[Critical] Runs fail (agent_id=agent-a)"
    assert got.content["link"] == data["runbookUrl"]
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.status_code, delivery.error) == (DELIVERED, 200, "")
    assert (delivery.event_id, delivery.alert_id) == (str(event_id), data["alertId"])
    [attempt] = await told.attempts(delivery)
    assert (attempt.delivered, attempt.response) == (True, "ok")
    assert attempt.duration.ToTimedelta().total_seconds() > 0


async def test_no_secret_is_told_twice_or_kept_as_it_is(
    told: Told, receiver: Receiver, path: str, environment: Environment
) -> None:
    url = receiver.at(f"{path}-token")
    made = await told.make(webhook={"url": url})
    assert made.secret.startswith("whsec_")
    assert len(base64.b64decode(made.secret.removeprefix("whsec_"))) == 32
    again = await told.make(webhook={"url": url})
    got = await told.call("GetTarget", target_id="ops")
    listed = await told.call("ListTargets")
    for answer in (again, got, listed):
        assert path not in str(answer)
        assert made.secret not in str(answer)
    assert again.secret == ""
    assert got.target.host == "127.0.0.1"
    [row] = rows(
        environment.database_url,
        "select sealed, definition from notification_targets where workspace_id = %s",
        told.workspace,
    )
    assert path.encode() not in bytes(row["sealed"])
    assert path not in json.dumps(row["definition"])


async def test_a_new_secret_signs_beside_the_old_one_for_a_time(
    told: Told, receiver: Receiver, path: str
) -> None:
    made = await told.make(webhook={"url": receiver.at(path)})
    rotated = await told.call("RotateSecret", target_id="ops")
    assert rotated.target.HasField("previous_secret_expire_time")
    await told.publish(alert())
    [got] = await receiver.take(path)
    both = [signatures(got, one) for one in (rotated.secret, made.secret)]
    assert got.headers["webhook-signature"].split(" ") == both
    last = await told.call("RotateSecret", target_id="ops", grace_period={"seconds": 0})
    await told.publish(alert())
    _, got = await receiver.take(path, 2)
    assert got.headers["webhook-signature"] == signatures(got, last.secret)


async def test_a_target_is_changed_by_who_knows_it_as_it_is(
    told: Told, receiver: Receiver, path: str
) -> None:
    made = (await told.make(webhook={"url": receiver.at(path)})).target
    said = {"name": "Operations", "webhook": {}, "event_types": ["EVENT_TYPE_ALERT_RESOLVED"]}
    ask = {"target_id": "ops", "target": said}
    changed = (await told.call("UpdateTarget", etag=made.etag, **ask)).target
    again = (await told.call("UpdateTarget", etag=made.etag, **ask)).target
    assert changed == again
    assert (changed.host, changed.target.name) == ("127.0.0.1", "Operations")
    other = {"target_id": "ops", "target": said | {"name": "Others"}}
    found = await refused(told.call("UpdateTarget", etag=made.etag, **other))
    assert found.reason == "TARGET_CHANGED"
    assert found.metadata == {"targetId": "ops", "etag": changed.etag}
    assert (await refused(told.make(slack={"url": receiver.at(path)}))).reason == "TARGET_EXISTS"
    data = alert()
    await told.publish(data)
    await told.publish(data | {"state": "ALERT_STATE_RESOLVED"}, "alert.resolved")
    [got] = await receiver.take(path)
    assert got.title == "Resolved: Runs fail (agent_id=agent-a)"
    await told.call("DeleteTarget", target_id="ops")
    await told.call("DeleteTarget", target_id="ops")
    found = await refused(told.call("GetTarget", target_id="ops"))
    assert found.reason == "TARGET_NOT_FOUND"
    assert await told.deliveries() == []


async def test_lists_have_pages(told: Told, receiver: Receiver, path: str) -> None:
    for number in range(3):
        await told.make(f"t-{number}", webhook={"url": receiver.at(path)})
    await told.publish(alert())
    await told.ended(3)
    for rpc, items, name in (
        ("ListTargets", "targets", "target_id"),
        ("ListDeliveries", "deliveries", "target_id"),
    ):
        seen, token = [], ""
        while True:
            page = await told.call(rpc, page_size=2, page_token=token)
            seen += [getattr(one, name) for one in getattr(page, items)]
            token = page.next_page_token
            if not token:
                break
        assert sorted(seen) == ["t-0", "t-1", "t-2"]
    found = await refused(told.call("ListTargets", page_token="nonsense"))
    assert found.reason == "PAGE_TOKEN_INVALID"
    [one] = await told.deliveries(target="t-1", states=[DELIVERED])
    assert one.target_id == "t-1"
    assert await told.deliveries(states=[FAILED]) == []
    assert len(await told.deliveries(alert=one.alert_id)) == 3
    assert await told.deliveries(alert=str(uuid.uuid4())) == []


async def test_who_is_told_of_what(told: Told, receiver: Receiver, path: str) -> None:
    """Each target by one thing that it asks for; who was told of the beginning, of the end too."""
    asks: dict[str, dict[str, Any]] = {
        "all": {},
        "ends": {"event_types": ["EVENT_TYPE_ALERT_RESOLVED"]},
        "emergency": {"least_severity": "SEVERITY_EMERGENCY"},
        "warning": {"least_severity": "SEVERITY_WARNING"},
        "rule": {"rule_ids": ["failing"]},
        "rules": {"rule_ids": ["other"]},
        "label": {"labels": {"team": "core", "agent_id": "agent-a"}},
        "labels": {"labels": {"team": "edge"}},
        "named": {"only_as_recipient": True},
        "disabled": {"disabled": True},
    }
    for name, ask in asks.items():
        await told.make(name, webhook={"url": receiver.at(f"{path}-{name}")}, **ask)
    data = alert()
    await told.publish(data)
    # As people handle an alert, without what its rule says.
    bare = {name: one for name, one in data.items() if name not in ("labels", "runbookUrl")}
    await told.publish(bare | {"state": "ALERT_STATE_RESOLVED"}, "alert.resolved")
    escalated = alert(escalationLevel=2, recipients=["named", "nobody", "disabled"])
    await told.publish(escalated)
    await told.publish(escalated, "alert.acknowledged")
    await told.publish({"reportId": "r", "title": "Week", "state": "x"}, "report.generated")
    named = {
        "reportId": "s",
        "title": "Month",
        "recipients": ["rule"],
        "url": "https://r.example/1",
    }
    await told.publish(named, "report.generated")
    await told.ended(19, seconds=8)
    titles = {name: [got.title for got in receiver.got[f"{path}-{name}"]] for name in asks}
    began, ended = (
        "[Critical] Runs fail (agent_id=agent-a)",
        "Resolved: Runs fail (agent_id=agent-a)",
    )
    known = "Acknowledged: Runs fail (agent_id=agent-a)"
    expected = {
        "all": [began, ended, known, "Report: Week"],
        "ends": [ended],
        "emergency": ["Report: Week"],
        "warning": [began, ended, known, "Report: Week"],
        "rule": [began, ended, known, "Report: Month"],
        "rules": [],
        "label": [began, ended, known],
        "labels": [],
        "named": ["[Critical] Level 2: Runs fail (agent_id=agent-a)", known],
        "disabled": [],
    }
    assert {name: sorted(one) for name, one in titles.items()} == {
        name: sorted(one) for name, one in expected.items()
    }


async def test_slack_gets_blocks_that_nobody_can_misuse(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(slack={"url": receiver.at(path)})
    await told.publish(alert(group={"agent_id": "<!channel> *a* <https://x.example|y> & `b`"}))
    [got] = await receiver.take(path)
    header, section, link = got.content["blocks"]
    assert header["text"]["type"] == "plain_text"
    assert "<!channel>" in header["text"]["text"]
    text = section["text"]["text"]
    assert section["text"]["type"] == "mrkdwn"
    assert "<" not in text
    assert "&lt;!channel&gt;" in text
    assert "*a*" not in text.replace("*Group:*", "")
    assert link["text"]["text"] == "<https://runbooks.example/failing|What to do about it>"
    assert "<" not in got.content["text"]
    assert "webhook-signature" not in got.headers


async def test_teams_gets_an_adaptive_card(told: Told, receiver: Receiver, path: str) -> None:
    await told.make(teams={"url": receiver.at(path)})
    await told.publish(alert(group={"agent_id": "[x](https://x.example) {{DATE(2026-01-01)}}"}))
    [got] = await receiver.take(path)
    assert got.content["type"] == "message"
    [attachment] = got.content["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    title, facts = card["body"]
    assert "[x](" not in title["text"]
    assert "{{" not in json.dumps(card)
    assert {"title": "Severity", "value": "Critical"} in facts["facts"]
    [action] = card["actions"]
    assert action["url"] == "https://runbooks.example/failing"
    assert len(got.body) < 28_000


async def test_pager_duty_gets_one_incident_from_beginning_to_end(
    told: Told, receiver: Receiver, path: str
) -> None:
    routing_key = "e93facc04764012d7bfb002500d5d1a6"
    address = {"routing_key": routing_key, "url": receiver.at(path)}
    receiver.always[path] = Answer(202, body=b'{"status":"success"}')
    await told.make(pager_duty=address)
    data = alert()
    for kind in ("alert.triggered", "alert.acknowledged", "alert.resolved"):
        await told.publish(data, kind)
    await told.publish({"reportId": "r", "title": "Week"}, "report.generated")
    got = [one.content for one in await receiver.take(path, 3)]
    assert [one["event_action"] for one in got] == ["trigger", "acknowledge", "resolve"]
    assert {one["dedup_key"] for one in got} == {data["alertId"]}
    assert {one["routing_key"] for one in got} == {routing_key}
    payload = got[0]["payload"]
    assert (payload["severity"], payload["source"]) == ("error", told.workspace)
    assert payload["summary"] == "[Critical] Runs fail (agent_id=agent-a)"
    assert payload["custom_details"]["value"] == 3.0
    assert got[0]["links"][0]["href"] == "https://runbooks.example/failing"
    assert len(await told.ended(3)) == 3
    receiver.says(path, Answer(400))
    await told.publish(alert())
    [failed] = [one for one in await told.ended(4) if one.state == FAILED]
    assert (failed.attempts, failed.error) == (1, "STATUS: 400")


async def test_mail_has_two_parts_and_headers_that_nobody_can_add_to(
    told: Told, mailbox: Mailbox
) -> None:
    to = f"{told.workspace}@ops.example"
    await told.make(email={"to": [to]}, body_template="{{ alert.group.agent_id }} did it")
    name = "<b>x</b>\r\nBcc: all@evil.example \u2028 ü"
    event_id = await told.publish(alert(group={"agent_id": name}, ruleName="R\nX-Evil: 1"))
    [letter] = await mailbox.take(to)
    assert letter["Bcc"] is None
    assert letter["X-Evil"] is None
    subject = " ".join(letter["Subject"].split())
    assert subject == "[Critical] R X-Evil: 1 (agent_id=<b>x</b> Bcc: all@evil.example ü)"
    assert letter["From"] == "Shadower <alerts@shadower.example>"
    assert str(event_id) in letter["Message-ID"]
    assert letter["Message-ID"].endswith("@shadower.example>")
    text, html = (letter.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "<b>x</b>" in text
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert "<b>" not in html
    assert 'href="https://runbooks.example/failing"' in html


async def test_of_several_people_those_are_asked_again_who_could_not_get_it(
    told: Told, mailbox: Mailbox
) -> None:
    ann, ben, joe = (f"{name}.{told.workspace}@ops.example" for name in ("ann", "ben", "joe"))
    mailbox.refused[ben].append("450 come again")
    mailbox.refused[joe].append("550 nobody")
    await told.make(email={"to": [ann, ben, joe]})
    await told.publish(alert())
    await mailbox.take(ben)
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.attempts) == (DELIVERED, 2)
    assert len(mailbox.of(ann)) == len(mailbox.of(ben)) == 1
    assert mailbox.of(joe) == []
    first, _ = await told.attempts(delivery)
    assert first.error == f"RECIPIENTS_REFUSED: {ben}, {joe}"
    assert mailbox.of(ann)[0]["Message-ID"] == mailbox.of(ben)[0]["Message-ID"]


async def test_a_report_is_told_with_its_link(told: Told, mailbox: Mailbox) -> None:
    to = f"{told.workspace}@ops.example"
    await told.make(email={"to": [to]})
    url = "https://shadower.example/v1/reports/r?token=a&b"
    report = {"reportId": "r-1", "definitionId": "weekly", "title": "Week 14", "format": "PDF"}
    report |= {"state": "REPORT_STATE_READY", "url": url, "expireTime": "2026-05-01T00:00:00Z"}
    await told.publish(report | {"recipients": ["ops"]}, "report.generated")
    [letter] = await mailbox.take(to)
    assert letter["Subject"] == "Report: Week 14"
    assert url in letter.get_body(("plain",)).get_content()
    [delivery] = await told.ended(1)
    assert (delivery.report_id, delivery.alert_id) == ("r-1", "")


async def test_a_receiver_that_fails_gets_the_same_message_again_and_again(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(500, body=b"\0 broken"), Answer(302, {"Location": "/elsewhere"}))
    await told.publish(alert())
    got = await receiver.take(path, 3)
    assert len({one.headers["webhook-id"] for one in got}) == 1
    assert len({one.body for one in got}) == 1
    [delivery] = await told.ended(1)
    attempts = await told.attempts(delivery)
    assert [one.error for one in attempts] == ["STATUS: 500", "STATUS: 302", ""]
    assert attempts[0].response == "\N{REPLACEMENT CHARACTER} broken"
    assert receiver.got["elsewhere"] == []


async def test_what_fails_too_often_is_given_up_until_somebody_says_otherwise(
    told: Told, receiver: Receiver, path: str
) -> None:
    receiver.always[path] = Answer(503)
    await told.make(webhook={"url": receiver.at(path)})
    await told.publish(alert())
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.attempts, delivery.error) == (FAILED, 4, "STATUS: 503")
    assert (await told.call("GetTarget", target_id="ops")).target.failures >= 4
    receiver.always[path] = Answer()
    again = (await told.call("RetryDelivery", delivery_id=delivery.delivery_id)).delivery
    assert again.HasField("due_time")
    await receiver.take(path, 5)
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.attempts) == (DELIVERED, 1)
    assert len(await told.attempts(delivery)) == 5
    receiver.always[path] = Answer(400)
    await told.publish(alert())
    await told.ended(2)
    receiver.always[path] = Answer()
    recovered = await told.call("RecoverTarget", target_id="ops")
    assert recovered.deliveries == 1
    assert {one.state for one in await told.ended(2)} == {DELIVERED}


async def test_who_says_when_is_asked_then(told: Told, receiver: Receiver, path: str) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(429, {"Retry-After": "1"}))
    await told.publish(alert())
    first, second = await receiver.take(path, 2)
    assert second.at - first.at >= 1


async def test_who_is_gone_is_told_nothing_more(told: Told, receiver: Receiver, path: str) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.always[path] = Answer(410)
    data = alert()
    await told.publish(data)
    await told.publish(data, "alert.resolved")
    found = await told.ended(1)
    assert {one.state for one in found} == {FAILED}
    assert len(receiver.got[path]) == 1
    kept = (await told.call("GetTarget", target_id="ops")).target
    assert kept.gone
    assert kept.target.disabled
    receiver.always[path] = Answer()
    said = {"name": "ops", "webhook": {}}
    kept = (await told.call("UpdateTarget", target_id="ops", target=said, etag=kept.etag)).target
    assert not kept.gone
    await told.publish(alert())
    await receiver.take(path, 2)


async def test_one_that_hangs_holds_up_nobody_else(
    told: Told, receiver: Receiver, path: str
) -> None:
    receiver.always[f"{path}-dead"] = Answer(HANG)
    await told.make("dead", webhook={"url": receiver.at(f"{path}-dead")})
    await told.make("quick", webhook={"url": receiver.at(f"{path}-quick")})
    for _ in range(12):
        await told.publish(alert())
    await receiver.take(f"{path}-quick", 12, seconds=3)
    # As many at once as a target may have, and then one at a time.
    assert len(receiver.got[f"{path}-dead"]) <= 8 + 1
    assert {one.state for one in await told.deliveries(target="dead")} == {WAITING}


async def test_the_end_is_not_told_before_the_beginning(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    receiver.says(path, Answer(500), Answer(500))
    data = alert()
    for kind in ("alert.triggered", "alert.acknowledged", "alert.resolved"):
        await told.publish(data, kind)
    await told.ended(3)
    kinds = [one.content["type"] for one in receiver.got[path]]
    assert kinds == ["alert.triggered"] * 3 + ["alert.acknowledged", "alert.resolved"]


async def test_an_event_that_comes_twice_is_told_once(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    event_id = await told.publish(alert())
    await told.publish(alert(), event_id=event_id)
    await told.publish(alert())
    await told.ended(2)
    assert len(receiver.got[path]) == 2


async def test_a_test_tells_what_came_of_it(
    told: Told, receiver: Receiver, path: str, mailbox: Mailbox
) -> None:
    made = await told.make(webhook={"url": receiver.at(path)}, disabled=True)
    attempt = (await told.call("TestTarget", target_id="ops")).attempt
    assert (attempt.delivered, attempt.status_code, attempt.response) == (True, 200, "ok")
    [got] = receiver.got[path]
    assert got.content["type"] == "notification.test"
    assert got.title.startswith("Test: ")
    assert got.headers["webhook-signature"] == signatures(got, made.secret)
    receiver.says(path, Answer(HANG), Answer(500, body=b"no"))
    attempt = (await told.call("TestTarget", target_id="ops")).attempt
    assert (attempt.delivered, attempt.error.partition(":")[0]) == (False, "TIMEOUT")
    attempt = (await told.call("TestTarget", target_id="ops")).attempt
    assert (attempt.status_code, attempt.error, attempt.response) == (500, "STATUS: 500", "no")
    page = f"{path}-page"
    address = {"routing_key": "k", "url": receiver.at(page)}
    await told.make("page", pager_duty=address)
    await told.call("TestTarget", target_id="page")
    begun, ended = (one.content for one in receiver.got[page])
    assert (begun["event_action"], ended["event_action"]) == ("trigger", "resolve")
    assert begun["dedup_key"] == ended["dedup_key"]
    assert await told.deliveries() == []


async def test_a_template_that_fails_keeps_nobody_from_being_told(
    told: Told, receiver: Receiver, path: str
) -> None:
    template = "{% for i in (1..alert.value) %}x{% endfor %}"
    await told.make(webhook={"url": receiver.at(path)}, body_template=template)
    await told.publish(alert(value=3))
    [got] = await receiver.take(path)
    assert got.content["text"] == "xxx"
    await told.publish(alert(value=10**9))
    _, got = await receiver.take(path, 2)
    assert got.content["text"].startswith("Severity: Critical")
    latest, _ = await told.ended(2)
    assert latest.error.startswith("TEMPLATE_FAILED: ")
    assert latest.state == DELIVERED


async def test_a_target_takes_no_more_a_minute_than_it_says(
    told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)}, max_per_minute=120)
    for _ in range(23):
        await told.publish(alert())
    got = await receiver.take(path, 23)
    assert got[19].at - got[0].at < 1.5
    assert got[22].at - got[0].at >= 1.4


async def test_workspaces_do_not_see_each_others(
    notifier: Notifier, told: Told, keys: KeyRing, receiver: Receiver, path: str
) -> None:
    other = notifier.of(keys, f"{told.workspace}-other")
    for one in (told, other):
        await one.make(webhook={"url": receiver.at(f"{path}-{one.workspace}")})
    await told.publish(alert())
    await told.ended(1)
    assert await other.deliveries() == []
    [delivery] = await told.deliveries()
    for rpc in ("GetDelivery", "RetryDelivery"):
        found = await refused(other.call(rpc, delivery_id=delivery.delivery_id))
        assert found.reason == "DELIVERY_NOT_FOUND"
    assert receiver.got[f"{path}-{other.workspace}"] == []


async def test_the_database_may_be_away_for_a_moment(
    notifier: Notifier, told: Told, receiver: Receiver, path: str
) -> None:
    await told.make(webhook={"url": receiver.at(path)})
    for _ in range(4):
        _end_connections(notifier.environment.database_url)
        event_id = uuid.uuid4()
        while not await _has_published(told, event_id):
            pass
    got = await receiver.take(path, 4)
    assert len({one.headers["webhook-id"] for one in got}) == 4


async def _has_published(told: Told, event_id: uuid.UUID) -> bool:
    try:
        await told.publish(alert(), event_id=event_id)
    except Unavailable:
        await asyncio.sleep(0.05)
        return False
    return True


def _end_connections(url: str) -> None:
    """Of all, as if the server had begun anew."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )


async def test_whoever_dies_loses_nothing(
    environment: Environment, fresh_url: str, keys: KeyRing, receiver: Receiver, path: str
) -> None:
    """One dies when it has written down what to tell, and one when it has told it. Then two go on,
    of which one dies as well."""
    fresh = replace(environment, database_url=fresh_url)
    async with notifying(_failing(fresh, "notify.written=kill")) as first:
        told = first.of(keys, "w-dying")
        await told.make(webhook={"url": receiver.at(path)})
        for _ in range(2):
            await told.publish(alert())
        await asyncio.to_thread(first.running.process.wait, 20)
    told_once = len(receiver.got[path])
    async with notifying(_failing(fresh, "notify.sent=kill")) as second:
        told = second.of(keys, "w-dying")
        await told.publish(alert())
        await asyncio.to_thread(second.running.process.wait, 20)
    assert len(receiver.got[path]) > told_once
    async with notifying(fresh) as third, notifying(fresh) as fourth:
        await receiver.take(path, 4)
        told = third.of(keys, "w-dying")
        names = [f"t-{number}" for number in range(6)]
        for name in names:
            await told.make(name, webhook={"url": receiver.at(f"{path}-{name}")})
        for _ in range(10):
            await told.publish(alert())
        fourth.running.process.kill()
        for _ in range(10):
            await told.publish(alert())
        assert {one.state for one in await told.ended(143, page_size=500)} == {DELIVERED}
    ids = [one.headers["webhook-id"] for one in receiver.got[path]]
    assert len(set(ids)) == 23
    # What the second one sent, and at most what was under way with the fourth, came once more.
    assert 24 <= len(ids) <= 24 + 8
    for name in names:
        assert len({one.headers["webhook-id"] for one in receiver.got[f"{path}-{name}"]}) == 20


def _failing(environment: Environment, failpoints: str) -> Environment:
    extra = (*environment.extra, ("SHADOWER_FAILPOINTS", failpoints))
    return replace(environment, extra=extra)
