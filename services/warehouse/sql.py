"""Reads the .sql files beside the modules: each query has a name and says what it is for.

-- name: latest_revision
-- The number of the last change of a workspace.
select revision from workspaces where workspace_id = $1
"""

import re
from pathlib import Path

NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


class Queries:
    """The named texts of one .sql file."""

    def __init__(self, module_file: str) -> None:
        text = Path(module_file).with_suffix(".sql").read_text()
        parts = NAME.split(text)[1:]
        self._texts = {
            name: _without_comments(body)
            for name, body in zip(parts[::2], parts[1::2], strict=True)
        }

    def __getitem__(self, name: str) -> str:
        return self._texts[name]


class Parameters:
    """The values of a statement that is put together from named texts."""

    def __init__(self, *values: object) -> None:
        self.values: list[object] = list(values)

    def bind(self, value: object) -> str:
        """The placeholder of a further value."""
        self.values.append(value)
        return f"${len(self.values)}"


def _without_comments(body: str) -> str:
    lines = (line for line in body.splitlines() if not line.lstrip().startswith("--"))
    return "\n".join(lines).strip()
