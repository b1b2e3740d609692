"""What receivers of each kind get, and what nobody can make of it."""

import json

import psycopg

from tests.support.notifications import DELIVERED, FAILED, Told, alert
from tests.support.receivers import (
    Answer,
    Mailbox,
    Receiver,
)
from tests.support.stack import Environment


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
    await told.publish(
        {"reportId": "r", "title": "Week", "recipients": ["ops"]}, "report.generated"
    )
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
    assert (delivery.state, delivery.attempts) == (FAILED, 2)
    assert delivery.error == f"RECIPIENTS_REFUSED: {joe}"
    assert len(mailbox.of(ann)) == len(mailbox.of(ben)) == 1
    assert mailbox.of(joe) == []
    first, _ = await told.attempts(delivery)
    assert first.error == f"RECIPIENTS_REFUSED: {ben}, {joe}"
    await told.call("RetryDelivery", delivery_id=delivery.delivery_id)
    await mailbox.take(joe)
    [delivery] = await told.ended(1)
    assert delivery.state == DELIVERED
    assert [len(mailbox.of(one)) for one in (ann, ben, joe)] == [1, 1, 1]
    assert mailbox.of(ann)[0]["Message-ID"] == mailbox.of(ben)[0]["Message-ID"]


async def test_whoever_was_refused_for_good_gets_it_when_it_is_retried(
    told: Told, mailbox: Mailbox
) -> None:
    ann, joe = (f"{name}.{told.workspace}@ops.example" for name in ("ann", "joe"))
    mailbox.refused[joe].append("550 nobody")
    await told.make(email={"to": [ann, joe]})
    await told.publish(alert())
    [delivery] = await told.ended(1)
    assert (delivery.state, delivery.status_code) == (FAILED, 550)
    await told.call("RetryDelivery", delivery_id=delivery.delivery_id)
    await mailbox.take(joe)
    assert len(mailbox.of(ann)) == 1


async def test_mail_that_nobody_has_got_goes_to_everybody_when_it_is_recovered(
    told: Told, mailbox: Mailbox, telling: Environment
) -> None:
    to = [f"{name}.{told.workspace}@ops.example" for name in ("ann", "joe")]
    await told.make(email={"to": to})
    await told.publish(alert())
    await told.ended(1)
    with psycopg.connect(telling.database_url, autocommit=True) as connection:
        connection.execute(
            "update shadower.notification_deliveries set state = 'failed', error = 'TIMEOUT'"
            " where workspace_id = %s",
            (told.workspace,),
        )
    await told.call("RecoverTarget", target_id="ops")
    for one in to:
        assert len(await mailbox.take(one, 2)) == 2


async def test_a_report_is_told_with_its_link(
    told: Told, mailbox: Mailbox, telling: Environment
) -> None:
    to = f"{told.workspace}@ops.example"
    await told.make(email={"to": [to]})
    url = "https://shadower.example/v1/reports/r?token=a&b"
    report = {"reportId": "r-1", "definitionId": "weekly", "title": "Week 14"}
    report |= {"state": "REPORT_STATE_DONE", "url": url, "expireTime": "2026-05-01T00:00:00Z"}
    said = {"formats": ["REPORT_FORMAT_PDF", "REPORT_FORMAT_XLSX"], "recipients": ["ops"]}
    await told.publish(report | said, "report.generated")
    [letter] = await mailbox.take(to)
    assert letter["Subject"] == "Report: Week 14"
    text = letter.get_body(("plain",)).get_content()
    assert url in text
    assert "Formats: PDF, XLSX" in text
    [delivery] = await told.ended(1)
    assert (delivery.report_id, delivery.alert_id) == ("r-1", "")
    # Once it has come, nobody keeps by what the report can be read.
    assert _url_kept(telling, told) == [None]
    await told.call("RetryDelivery", delivery_id=delivery.delivery_id)
    _, again = await mailbox.take(to, 2)
    assert url not in again.get_body(("plain",)).get_content()


async def test_a_link_is_kept_as_long_as_somebody_waits_for_it(
    told: Told, receiver: Receiver, path: str, telling: Environment
) -> None:
    url = "https://shadower.example/v1/reports/r?token=a"
    made = (await told.make(webhook={"url": receiver.at(path)})).target
    receiver.says(path, Answer(503), Answer(503, {"Retry-After": "600"}))
    await told.publish({"reportId": "r", "url": url, "recipients": ["ops"]}, "report.generated")
    got = await receiver.take(path, 2)
    assert [one.content["link"] for one in got] == [url] * 2
    assert _url_kept(telling, told) == [url]
    said = {"name": "ops", "webhook": {}, "disabled": True}
    await told.call("UpdateTarget", target_id="ops", target=said, etag=made.etag)
    [delivery] = await told.ended(1)
    assert delivery.error.startswith("TARGET_DISABLED")
    assert _url_kept(telling, told) == [None]


def _url_kept(telling: Environment, told: Told) -> list[str | None]:
    with psycopg.connect(telling.database_url) as connection:
        found = connection.execute(
            "select data ->> 'url' from shadower.notification_deliveries where workspace_id = %s",
            (told.workspace,),
        )
        return [url for (url,) in found]


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
