"""Writes a notice as the owner of a target wants it, or as it is if that fails."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shadower.notifications.v1.target_pb2 import Target

from services.notifications.notice import Happened, Notice, notice_of
from services.notifications.templates import TemplateError, render

Escape = Callable[[str], str]


def worded(happened: Happened, target: Target, escape: Escape = str) -> Notice:
    """Values that a template puts into its text are escaped, the text itself is its owner's."""
    plain = notice_of(happened)
    try:
        return _by_templates(plain, target, escape)
    except TemplateError as failed:
        return replace(plain, problem=f"TEMPLATE_FAILED: {failed}")


def _by_templates(plain: Notice, target: Target, escape: Escape) -> Notice:
    values = values_of(plain)
    made = plain
    if target.title_template:
        made = made.retitled(render(target.title_template, values))
    if target.body_template:
        body = render(target.body_template, _escaped(values, escape))
        html = render(target.body_template, values, is_html=True)
        made = replace(made, body=body, html_body=html)
    return made


def values_of(notice: Notice) -> dict[str, Any]:
    """What a template sees."""
    happened = notice.happened
    about = "alert" if happened.is_alert else "report"
    return {
        "title": notice.title,
        "type": happened.type,
        "time": happened.at.isoformat(),
        "workspace": happened.workspace_id,
        "severity": happened.severity,
        "link": notice.link,
        "lines": [{"label": label, "value": value} for label, value in notice.lines],
        about: dict(happened.data),
    }


def _escaped(found: Any, escape: Escape) -> Any:
    if isinstance(found, str):
        return escape(found)
    if isinstance(found, Mapping):
        return {key: _escaped(value, escape) for key, value in found.items()}
    return [_escaped(one, escape) for one in found] if isinstance(found, list) else found
