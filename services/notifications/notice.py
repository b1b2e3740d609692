"""What is to be said of an event, before it is written for somebody. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

ENDS = ("alert.acknowledged", "alert.resolved")
ALERT_TYPES = ("alert.triggered", *ENDS)
REPORT_TYPES = ("report.generated", "report.failed")
TOLD_TYPES = frozenset((*ALERT_TYPES, *REPORT_TYPES))
SEVERITIES = ("", "info", "warning", "critical", "emergency")
# Also those that turn text around, by which it could read as something else.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
WEB = re.compile(r"https?://[!-~]+")
MOST_TITLE, MOST_VALUE = 250, 500


@dataclass(frozen=True)
class Happened:
    """An event as it is to be told of."""

    event_id: UUID
    type: str
    at: datetime
    workspace_id: str
    data: Mapping[str, Any]
    is_test: bool = False

    @property
    def is_alert(self) -> bool:
        return self.type in ALERT_TYPES

    @property
    def subject(self) -> str:
        """What it is about. Of the same, messages are told one after the other."""
        name = "alertId" if self.is_alert else "reportId"
        return str(self.data.get(name) or self.event_id)

    @property
    def severity(self) -> str:
        """In small letters; empty of what has none."""
        return str(self.data.get("severity", "")).removeprefix("SEVERITY_").lower()

    @property
    def recipients(self) -> list[str]:
        """The targets that are named, if any are."""
        named = self.data.get("recipients")
        return [one for one in named if isinstance(one, str)] if isinstance(named, list) else []

    @property
    def names_recipients(self) -> bool:
        """An escalated alert is for them alone, whoever they are."""
        is_end = self.type in ENDS
        return not is_end and (bool(self.recipients) or "escalationLevel" in self.data)


@dataclass(frozen=True)
class Notice:
    """A title, lines of a label and a value each, and where to go for more."""

    happened: Happened
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    link: str = ""
    link_text: str = ""
    body: str | None = None
    """What a template made; then it stands for the lines."""
    html_body: str | None = None
    """The same as HTML."""
    problem: str = ""
    """What was wrong with a template, so that this is what is told without one."""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        if self.body is not None:
            return self.body
        return "\n".join(f"{label}: {value}" for label, value in self.lines)

    def retitled(self, title: str) -> "Notice":
        return replace(self, title=one_line(title)[:MOST_TITLE] or self.title)


def notice_of(happened: Happened) -> Notice:
    made = _of_alert(happened) if happened.is_alert else _of_report(happened)
    return made.retitled(f"Test: {made.title}") if happened.is_test else made


def whole_numbers(found: Any) -> Any:
    """The same, where a number that is whole was read as a fraction: 3.0 as 3."""
    if isinstance(found, Mapping):
        return {key: whole_numbers(value) for key, value in found.items()}
    if isinstance(found, list):
        return [whole_numbers(one) for one in found]
    is_whole = isinstance(found, float) and found.is_integer() and abs(found) < 2**53
    return int(found) if is_whole else found


def one_line(text: str) -> str:
    """Without what could begin another one, or look like nothing."""
    return " ".join(CONTROL.sub(" ", text).split())


def web_address(found: object) -> str:
    """Empty if it is none."""
    return found if isinstance(found, str) and WEB.fullmatch(found) else ""


def _of_alert(happened: Happened) -> Notice:
    data = happened.data
    rule = str(data.get("ruleName") or data.get("ruleId") or "Alert")
    group = ", ".join(f"{key}={value}" for key, value in _pairs(data.get("group")))
    title = one_line(f"{_beginning(happened)} {rule}" + (f" ({group})" if group else ""))
    lines = (
        ("Severity", happened.severity.capitalize()),
        ("Workspace", happened.workspace_id),
        ("Rule", str(data.get("ruleId", ""))),
        ("Group", group),
        ("Error", str(data.get("error") or "")),
        ("Value", _number(data.get("value"))),
        ("Compared with", _number(data.get("expected"))),
        ("Since", str(data.get("pendingTime", ""))),
        ("Judged until", str(data.get("judgeTime", ""))),
        ("Labels", ", ".join(f"{key}={value}" for key, value in _pairs(data.get("labels")))),
    )
    link = web_address(data.get("runbookUrl"))
    return Notice(happened, title[:MOST_TITLE], _told(lines), link, "What to do about it")


def _beginning(happened: Happened) -> str:
    if happened.type != "alert.triggered":
        return {"alert.acknowledged": "Acknowledged:", "alert.resolved": "Resolved:"}[happened.type]
    severity = f"[{happened.severity.capitalize() or 'Alert'}]"
    if "escalationLevel" in happened.data:
        return f"{severity} Level {_number(happened.data['escalationLevel'])}:"
    repeated = happened.data.get("notifications")
    is_again = isinstance(repeated, int | float) and repeated > 1
    return f"{severity} Still:" if is_again else severity


def _of_report(happened: Happened) -> Notice:
    data = happened.data
    name = str(data.get("title") or data.get("definitionId") or "Report")
    has_failed = happened.type == "report.failed"
    title = one_line(f"{'Report failed' if has_failed else 'Report'}: {name}")
    lines = (
        ("Workspace", happened.workspace_id),
        ("Period", " to ".join(_texts(data.get("startTime"), data.get("endTime")))),
        ("Formats", ", ".join(_formats(data.get("formats")))),
        ("Link expires", str(data.get("expireTime") or "")),
        ("Reason", ": ".join(_texts(data.get("reason"), data.get("message")))),
    )
    link = web_address(data.get("url"))
    return Notice(happened, title[:MOST_TITLE], _told(lines), link, "Open the report")


def _texts(*found: object) -> list[str]:
    """Those that there are."""
    return [str(one) for one in found if one]


def _formats(found: object) -> list[str]:
    """As people call them."""
    names = found if isinstance(found, list) else []
    return [str(name).removeprefix("REPORT_FORMAT_") for name in names]


def _told(lines: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((label, one_line(value)[:MOST_VALUE]) for label, value in lines if value)


def _pairs(found: object) -> list[tuple[str, str]]:
    if not isinstance(found, Mapping):
        return []
    return sorted((str(key), str(value)) for key, value in found.items())


def _number(found: object) -> str:
    return f"{found:.6g}" if isinstance(found, int | float) else ""
