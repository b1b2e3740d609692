"""Whom to tell, of what, and what can be seen of it."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from dataclasses import replace
from typing import Any

import grpc
import psycopg
import pytest

from tests.support.bus import rows
from tests.support.errors import refused
from tests.support.keys import KeyRing
from tests.support.notifications import DELIVERED, FAILED, Told, alert
from tests.support.notifier import Notifier
from tests.support.receivers import (
    HANG,
    Answer,
    Got,
    Mailbox,
    Receiver,
)
from tests.support.stack import Environment, Stack

SOME_WEBHOOK = {"webhook": {"url": "https://hooks.example/t"}}


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
    [got] = await receiver.take(path, seconds=10)
    assert got.headers["webhook-id"] == f"msg_{event_id.hex}"
    assert got.headers["webhook-signature"] == signatures(got, made.secret)
    assert got.headers["Content-Type"] == "application/json"
    assert got.content["type"] == "alert.triggered"
    assert got.content["workspaceId"] == told.workspace
    assert got.content["data"] == data
    assert re.search(rb'"notifications":1[,}]', got.body)
    assert got.title == "[Critical] Runs fail (agent_id=agent-a)"
    assert got.content["link"] == data["runbookUrl"]
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.status_code, delivery.error) == (DELIVERED, 200, "")
    assert (delivery.event_id, delivery.alert_id) == (str(event_id), data["alertId"])
    [attempt] = await told.attempts(delivery)
    assert (attempt.delivered, attempt.response) == (True, "ok")
    assert attempt.duration.ToTimedelta().total_seconds() > 0


async def test_no_secret_is_told_twice_or_kept_as_it_is(
    told: Told, receiver: Receiver, path: str, telling: Environment
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
        telling.database_url,
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
    # No address stays where the kind does not: which may be so by what somebody else has changed.
    turned = {"target_id": "ops", "target": {"name": "Others", "slack": {}}}
    found = await refused(told.call("UpdateTarget", etag=made.etag, **turned))
    assert found.reason == "TARGET_CHANGED"
    found = await refused(told.call("UpdateTarget", etag=changed.etag, **turned))
    assert found.reason == "VALIDATION_FAILED"
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
        "reports": {"event_types": ["EVENT_TYPE_REPORT_GENERATED"]},
        "report-rules": {
            "event_types": ["EVENT_TYPE_REPORT_GENERATED"],
            "rule_ids": ["failing"],
        },
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
    await told.ended(17, seconds=8)
    titles = {name: [got.title for got in receiver.got[f"{path}-{name}"]] for name in asks}
    began, ended = (
        "[Critical] Runs fail (agent_id=agent-a)",
        "Resolved: Runs fail (agent_id=agent-a)",
    )
    known = "Acknowledged: Runs fail (agent_id=agent-a)"
    expected = {
        "all": [began, ended, known],
        "ends": [ended],
        "emergency": [],
        "warning": [began, ended, known],
        "rule": [began, ended, known, "Report: Month"],
        "rules": [],
        "label": [began, ended, known],
        "labels": [],
        # A link that opens a report goes to nobody who has not been meant.
        "reports": ["Report: Week"],
        "report-rules": [],
        "named": ["[Critical] Level 2: Runs fail (agent_id=agent-a)", known],
        "disabled": [],
    }
    assert {name: sorted(one) for name, one in titles.items()} == {
        name: sorted(one) for name, one in expected.items()
    }


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


# It would end some minutes later, and nothing else would be done meanwhile.
ENDLESS = (
    "{% assign s = 'abcd efg ' %}{% for i in (1..9) %}{% assign s = s | append: s %}{% endfor %}"
    "{% for i in (1..490) %}{% assign q = s" + "|split:' '|sort|join:' '" * 150 + " %}{% endfor %}"
)


@pytest.mark.parametrize(
    ("said", "reason", "field"),
    [
        ({"webhook": {"url": "https://10.0.0.1/"}}, "ADDRESS_REFUSED", "target.webhook.url"),
        ({"slack": {"url": "http://169.254.169.254/"}}, "ADDRESS_REFUSED", "target.slack.url"),
        ({"teams": {"url": "file:///etc/passwd"}}, "ADDRESS_REFUSED", "target.teams.url"),
        ({"webhook": {}}, "VALIDATION_FAILED", "target.webhook.url"),
        ({"pager_duty": {}}, "VALIDATION_FAILED", "target.pager_duty.routing_key"),
        (
            {"pager_duty": {"routing_key": "k", "url": "https://[fd00::1]/"}},
            "ADDRESS_REFUSED",
            "target.pager_duty.url",
        ),
        ({"email": {"to": ["a@b.example\r\nBcc: c@d"]}}, "VALIDATION_FAILED", "target.email.to[0]"),
        ({"email": {"to": ["A <a@b.example>"]}}, "VALIDATION_FAILED", "target.email.to[0]"),
        ({"email": {"to": []}}, "VALIDATION_FAILED", "target.email.to"),
        ({"name": "a\r\nb"}, "VALIDATION_FAILED", "target.name"),
        ({"event_types": ["EVENT_TYPE_USER_LOGIN"]}, "VALIDATION_FAILED", "target.event_types[0]"),
        ({"title_template": "{{ title"}, "TEMPLATE_INVALID", "target.title_template"),
        (
            {"body_template": "{% for i in (1..99999999) %}{% endfor %}"},
            "TEMPLATE_INVALID",
            "target.body_template",
        ),
        ({"body_template": "{% include 'x' %}"}, "TEMPLATE_INVALID", "target.body_template"),
        ({"body_template": ENDLESS}, "TEMPLATE_INVALID", "target.body_template"),
    ],
)
async def test_what_is_refused_when_it_is_saved(
    told: Told, said: dict[str, Any], reason: str, field: str
) -> None:
    address = {} if said.keys() & {"slack", "teams", "email", "pager_duty"} else SOME_WEBHOOK
    found = await refused(told.make(**(address | said)))
    assert (found.code, found.reason) == (grpc.StatusCode.INVALID_ARGUMENT, reason)
    assert found.fields == (field,)
    assert (await told.call("ListTargets")).targets == []


async def test_what_a_kind_cannot_do(told: Told, stack: Stack, telling: Environment) -> None:
    await told.make(email={"to": ["a@b.example"]})
    found = await refused(told.call("RotateSecret", target_id="ops"))
    assert (found.reason, found.metadata) == ("TARGET_KIND_UNSUITABLE", {"kind": "email"})
    # Where no server for mail is set, and another network is allowed.
    elsewhere = replace(told, stub=stack.stubs.notifications)
    found = await refused(elsewhere.make(email={"to": ["a@b.example"]}))
    assert (found.reason, found.metadata) == ("TARGET_KIND_UNSUITABLE", {"kind": "email"})
    found = await refused(elsewhere.make(webhook={"url": "https://[::1]/"}))
    assert found.reason == "ADDRESS_REFUSED"


async def test_a_workspace_is_full_some_time(told: Told, telling: Environment) -> None:
    with psycopg.connect(telling.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into shadower.notification_targets (workspace_id, target_id, definition,"
            " sealed, updated_by, is_enabled)"
            " select %s, 'x' || n, '{}', '', 'a', false from generate_series(1, 199) as n",
            (told.workspace,),
        )
    await told.make("last", **SOME_WEBHOOK)
    await told.make("last", **SOME_WEBHOOK)
    found = await refused(told.make("more", **SOME_WEBHOOK))
    assert (found.reason, found.metadata) == ("TARGETS_FULL", {"limit": "200"})
