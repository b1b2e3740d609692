"""Finds the id of a user in what is stored, and puts another name in its place. Pure.

An id is named by what is equal to it, and in texts by a word of its own: "u-1" is not named by
"u-12", "menu-1", "u-1.smith" nor "u-1@acme.com", but by the last words of "said by u-1."
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any
from unicodedata import category

# Between two letters or digits they are part of a word.
JOINTS = "-.@:+"
MOST_JOINTS = 8
# Letters and digits of any script, marks on them, and what joins letters without being seen.
INSIDE = ("L", "M", "N", "Pc", "Cf")
EXPRESSION = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)


class Says(Enum):
    """How a column can tell of a user. What is none of these, never does."""

    ID = "id"
    """A user, or what has an id like one; or a list of those."""
    TEXT = "text"
    """What somebody wrote."""
    NOTE = "note"
    """The same in rows that have a subject; what others have there, we read again."""
    VALUES = "values"
    """JSON of theirs: texts behind keys that are left alone."""
    LABELS = "labels"
    """JSON: names of dimensions or of tags, and what a group has of each."""
    GROUP_KEY = "group key"
    """Made from the row's `group_labels`."""
    FIELDS = "fields"
    """JSON of ours: what a field says goes by its name."""


OF_USERS = frozenset({"user_id", "user_ids", "userId", "userIds", "recipients", "to"})
OF_OTHERS = frozenset(
    {"agent_id", "agent_version", "model", "provider", "status", "error_type", "job"}
)
LABELS = frozenset({"labels", "group", "group_labels", "tags"})
TEXTS = frozenset(
    {"name", "ruleName", "reportName", "definitionName", "title", "description", "note", "message"}
    | {"runbook_url", "runbookUrl", "error"}
)
TEMPLATES = frozenset({"title_template", "body_template"})


class Naming:
    """Of one user."""

    def __init__(self, user_id: str, pseudonym: str) -> None:
        self.user_id = user_id
        self.pseudonym = pseudonym
        self._anywhere = re.compile(re.escape(user_id))
        self._rules: Mapping[Says, Callable[[Any], Any]] = MappingProxyType(
            {
                Says.ID: self.in_id,
                Says.TEXT: self.in_text,
                Says.NOTE: self.in_text,
                Says.VALUES: self.in_values,
                Says.LABELS: self.in_labels,
                Says.FIELDS: self.in_fields,
            }
        )

    @property
    def needles(self) -> list[str]:
        """One of them is in what names the user: as it is, and as JSON is written."""
        as_json = (json.dumps(self.user_id, ensure_ascii=ascii_)[1:-1] for ascii_ in (True, False))
        return sorted({self.user_id, *as_json})

    def in_id(self, value: Any) -> Any:
        """Of what has to be equal."""
        if isinstance(value, list | tuple):
            return [self.in_id(one) for one in value]
        return self.pseudonym if value == self.user_id else value

    def in_own_id(self, value: Any) -> Any:
        """Ids that somebody has made of the user's, in rows that are the user's: "run-u-1-7"."""
        if not isinstance(value, str):
            return self.in_id(value)
        return self._anywhere.sub(lambda hit: self._unless(hit, is_inside), value)

    def in_text(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return self._anywhere.sub(lambda hit: self._unless(hit, _goes_on), value)

    def _unless(self, hit: re.Match[str], goes_on: Callable[[str], bool]) -> str:
        """The other name, unless the word goes on on either side, given from there outwards."""
        text = hit.string
        sides = text[max(hit.start() - MOST_JOINTS, 0) : hit.start()][::-1], text[hit.end() :]
        is_part = any(goes_on(side[:MOST_JOINTS]) for side in sides)
        return hit.group() if is_part else self.pseudonym

    def in_values(self, value: Any, key: str = "") -> Any:
        if isinstance(value, Mapping):
            return {name: self.in_values(one, name) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.in_values(one, key) for one in value]
        return self.in_id(value) if key in OF_USERS else self.in_text(value)

    def in_labels(self, labels: Any) -> Any:
        return {
            name: value if name in OF_OTHERS else self.in_values(value, name)
            for name, value in labels.items()
        }

    def in_fields(self, value: Any, field: str = "") -> Any:
        if isinstance(value, Mapping):
            if field in LABELS:
                return self.in_labels(value)
            return {name: self.in_fields(one, name) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.in_fields(one, field) for one in value]
        return self._in_field(value, field)

    def _in_field(self, value: Any, field: str) -> Any:
        if field in OF_USERS or field.endswith(("_by", "By")):
            return self.in_id(value)
        if field in TEXTS:
            return self.in_text(value)
        if field == "tags" and isinstance(value, str):
            key, sign, of_tag = value.partition("=")
            return key + sign + self.in_text(of_tag)
        return self._in_template(value) if field in TEMPLATES else value

    def _in_template(self, value: Any) -> Any:
        """What is between braces is not read by people."""
        if not isinstance(value, str):
            return value
        parts = EXPRESSION.split(value)
        return "".join(self.in_text(one) if n % 2 == 0 else one for n, one in enumerate(parts))

    def names(self, value: Any, how: Says) -> bool:
        """Whether it names the user."""
        return bool(self._rules[how](value) != value)

    def changes(
        self, row: Mapping[str, Any], says: Mapping[str, Says], blanks: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What is to be set in a row. `blanks` are for rows that are the user's own."""
        after = {name: self._after(row, name, how) for name, how in says.items()}
        if row.get("user_id") == self.user_id:
            ids = (name for name, how in says.items() if how is Says.ID)
            after |= {name: self.in_own_id(row[name]) for name in ids} | dict(blanks)
        return {name: value for name, value in after.items() if value != _plain(row[name])}

    def _after(self, row: Mapping[str, Any], name: str, how: Says) -> Any:
        value = row[name]
        if how is Says.GROUP_KEY:
            return self._group_key(value, row["group_labels"])
        if value is None or (how is Says.NOTE and not row["subject"]):
            return value
        return self._rules[how](value)

    def _group_key(self, key: str, labels: Mapping[str, str]) -> str:
        """That of the labels as they will be, so that the group is known again."""
        return key_of(self.in_labels(labels)) if key == key_of(labels) else key


def key_of(labels: Mapping[str, str]) -> str:
    """As alerts tell groups apart; a test holds both to it."""
    text = json.dumps(labels, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _goes_on(text: str) -> bool:
    """Whether a word does, in the direction that a text is given in."""
    return is_inside(text.lstrip(JOINTS))


def is_inside(text: str) -> bool:
    """Whether it begins with what is part of a word wherever it stands. "" does not."""
    return bool(text) and category(text[0]).startswith(INSIDE)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
