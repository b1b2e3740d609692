"""Finds the id of a user in what is stored, and puts another name in its place. Pure.

An id is named where it stands as a word of its own: "u-1" is not named by "u-12" nor by "menu-1".
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

INSIDE = r"[A-Za-z0-9_]"


class Naming:
    """Of one user."""

    def __init__(self, user_id: str, pseudonym: str) -> None:
        self.user_id = user_id
        self.pseudonym = pseudonym
        self._word = re.compile(rf"(?<!{INSIDE}){re.escape(user_id)}(?!{INSIDE})")

    @property
    def needles(self) -> list[str]:
        """One of them is in the text of a row that names the user: as it is, as JSON writes it,
        and as PostgreSQL writes either in a row."""
        as_json = json.dumps(self.user_id, ensure_ascii=False)[1:-1]
        plain = {self.user_id, as_json}
        quoted = {text.replace("\\", "\\\\").replace('"', '""') for text in plain}
        return sorted(plain | quoted)

    @property
    def needles_of_bytes(self) -> list[str]:
        """The same, also as PostgreSQL writes bytes. In them nobody knows where a word ends."""
        return [*self.needles, self.user_id.encode().hex()]

    def renamed(self, value: Any) -> Any:
        """The same with the other name, whatever it is made of."""
        if isinstance(value, str):
            return self._word.sub(self.pseudonym, value)
        if isinstance(value, Mapping):
            return {self.renamed(key): self.renamed(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.renamed(one) for one in value]
        return self._renamed_number(value)

    def _renamed_number(self, value: Any) -> Any:
        """Numbers of JSON are read as floats."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        text = str(int(value)) if float(value).is_integer() else str(value)
        return self.pseudonym if text == self.user_id else value

    def changes(
        self, row: Mapping[str, Any], columns: Iterable[str], blanks: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What is to be set in a row. `blanks` are for rows that are the user's own."""
        is_own = row.get("user_id") == self.user_id
        after = {name: self.renamed(row[name]) for name in columns} | dict(blanks if is_own else {})
        return {name: value for name, value in after.items() if value != _plain(row[name])}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
