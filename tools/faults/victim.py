"""What can be killed: a part of the system in a process of its own."""

from typing import Protocol


class Victim(Protocol):
    """Everything here blocks; what is durable outlives `kill`."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Returns when it is ready to work. Raises NotReadyError."""

    def is_alive(self) -> bool: ...

    def kill(self) -> None:
        """SIGKILL: it gets no chance to say or to write anything."""

    def pause(self) -> None:
        """SIGSTOP: it keeps its connections and does nothing."""

    def resume(self) -> None: ...

    def stop(self) -> None: ...


class NotReadyError(Exception):
    """A part that should run does not; what it said last."""
