"""What a stack consists of, as it is started and watched."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Part:
    """A process of the stack: how it starts, where it listens, and how one knows it is ready."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    address: str
    is_ready: Probe
    service: str = ""


class Running(Protocol):
    """Something that was started, may end by itself, and can be stopped."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def service(self) -> str: ...

    @property
    def pid(self) -> int: ...

    async def start(self) -> None: ...

    async def ended(self) -> str:
        """Waits until it is no more, and says how it ended."""

    async def is_ready(self) -> bool: ...

    async def stop(self) -> None: ...

    def kill(self) -> None: ...

    def last_words(self) -> str:
        """The end of what it logged since it was started."""
