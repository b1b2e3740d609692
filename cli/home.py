"""The folder in which one stack of a developer's machine keeps everything."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="SHADOWER_HOME", help="Folder of the stack's data, keys, logs."),
]
DEFAULT_HOME = Path(".shadower")


@dataclass(frozen=True)
class PartState:
    """One running part of the stack, as `status` finds it again."""

    name: str
    pid: int
    started_at: float
    address: str = ""
    service: str = ""


@dataclass(frozen=True)
class StackState:
    """Where a running stack is."""

    address: str
    database_url: str
    parts: tuple[PartState, ...] = field(default=())


@dataclass(frozen=True)
class Home:
    """The folder's rooms."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        return cls(path.expanduser().absolute())

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def loads(self) -> Path:
        return self.path / "loads"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def edge(self) -> Path:
        return self.path / "edge"

    @property
    def state(self) -> Path:
        return self.path / "state.json"

    def read_state(self) -> StackState | None:
        content = read_json(self.state)
        if content is None:
            return None
        parts = tuple(PartState(**part) for part in content["parts"])
        return StackState(content["address"], content["database_url"], parts)

    def write_state(self, state: StackState) -> None:
        write_json(self.state, asdict(state))

    def edge_address(self) -> str:
        """Where the stack of this home listens, or would by default."""
        state = self.read_state()
        return state.address if state else "http://127.0.0.1:8080"


def read_json(path: Path) -> Any:
    """The file's content, or None if there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def write_json(path: Path, content: Mapping[str, Any], *, mode: int = 0o600) -> None:
    write_whole(path, json.dumps(content, indent=2) + "\n", mode=mode)


def write_whole(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Replaces a file at once: a reader sees the old content or the new one."""
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
