"""Notices as the receivers of each kind read them, as JSON. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from services.notifications.notice import Happened, Notice

# Slack's own limits, and what is left of Teams' 28 KB for characters of several bytes.
MOST_HEADER, MOST_SECTION, MOST_CARD = 150, 3000, 6000
MOST_SUMMARY = 1024
MARKDOWN = re.compile(r"([\\`*_\[\]()~#<>|])")
MRKDWN = re.compile(r"([*_~`])")
# Slack takes no sign for one of its own that stands behind it.
INVISIBLE = "\u200b"
SEVERITIES = {"info": "info", "warning": "warning", "critical": "error", "emergency": "critical"}
ACTIONS = {
    "alert.triggered": "trigger",
    "alert.acknowledged": "acknowledge",
    "alert.resolved": "resolve",
}
COLOURS = {"emergency": "attention", "critical": "attention", "warning": "warning"}


def webhook(notice: Notice) -> dict[str, Any]:
    """As Standard Webhooks have it: a type, a time, and data; with it what people would read."""
    happened = notice.happened
    told = {
        "type": "notification.test" if happened.is_test else happened.type,
        "timestamp": happened.at.isoformat(),
        "workspaceId": happened.workspace_id,
        "title": notice.title,
        "text": notice.text,
        "data": dict(happened.data),
    }
    return told | ({"link": notice.link} if notice.link else {})


def slack(notice: Notice) -> dict[str, Any]:
    """Blocks, and the text that is shown where they are not."""
    section = notice.body if notice.body is not None else _slack_lines(notice)
    blocks = [{"type": "header", "text": _plain(notice.title[:MOST_HEADER])}]
    if section.strip():
        text = {"type": "mrkdwn", "text": section[:MOST_SECTION], "verbatim": True}
        blocks.append({"type": "section", "text": text})
    if notice.link:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _slack_link(notice)}})
    return {"text": slack_escaped(notice.title), "blocks": blocks, "unfurl_links": False}


def slack_escaped(text: str) -> str:
    """Names nobody, links nowhere, and looks as it is."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return MRKDWN.sub(rf"{INVISIBLE}\1", safe)


def teams(notice: Notice) -> dict[str, Any]:
    """An Adaptive Card, as a workflow takes it that posts cards."""
    colour = COLOURS.get(notice.happened.severity, "default")
    is_open = notice.happened.type == "alert.triggered"
    title = {
        "type": "TextBlock",
        "text": teams_escaped(notice.title),
        "size": "Large",
        "weight": "Bolder",
        "wrap": True,
        "color": colour if is_open else "default",
    }
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [title, _teams_body(notice)],
        "msteams": {"width": "Full"},
    }
    if notice.link:
        action = {"type": "Action.OpenUrl", "title": notice.link_text, "url": notice.link}
        card["actions"] = [action]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def teams_escaped(text: str) -> str:
    """Without Markdown, and without functions such as {{DATE(…)}}."""
    return MARKDOWN.sub(r"\\\1", text).replace("{{", "{" + INVISIBLE + "{")


def pager_duty(notice: Notice, routing_key: str) -> dict[str, Any]:
    """An event of Events API v2. What it is about is one incident, to its end."""
    happened = notice.happened
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": ACTIONS[happened.type],
        "dedup_key": happened.subject[:255],
        "client": "Shadower Analytics",
        "payload": {
            "summary": notice.title[:MOST_SUMMARY],
            "source": happened.workspace_id,
            "severity": SEVERITIES.get(happened.severity, "warning"),
            "timestamp": happened.at.isoformat(),
            "component": str(happened.data.get("ruleId", "")),
            "class": happened.type,
            "custom_details": _details(notice),
        },
    }
    if notice.link:
        event["links"] = [{"href": notice.link, "text": notice.link_text}]
    return event


def written(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def ended(happened: Happened) -> Happened:
    """The end of a test, for who keeps open what has begun."""
    return Happened(
        happened.event_id,
        "alert.resolved",
        happened.at,
        happened.workspace_id,
        happened.data,
        is_test=True,
    )


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _slack_lines(notice: Notice) -> str:
    return "\n".join(f"*{label}:* {slack_escaped(value)}" for label, value in notice.lines)


def _slack_link(notice: Notice) -> str:
    url = notice.link.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E")
    return f"<{url.replace('|', '%7C')}|{notice.link_text}>"


def _teams_body(notice: Notice) -> dict[str, Any]:
    if notice.body is not None:
        return {"type": "TextBlock", "text": notice.body[:MOST_CARD], "wrap": True}
    facts = [{"title": label, "value": teams_escaped(value)} for label, value in notice.lines]
    return {"type": "FactSet", "facts": facts}


def _details(notice: Notice) -> dict[str, Any]:
    text = {} if notice.body is None else {"text": notice.body}
    return {**dict(notice.happened.data), **text}
