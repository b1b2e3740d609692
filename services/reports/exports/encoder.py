"""What turns rows into the pieces of a file."""

from collections.abc import Sequence
from typing import Protocol

from services.warehouse.exports.executions import Row


class Encoder(Protocol):
    """Of one file, from its begin to its end."""

    content_type: str
    extension: str

    def begin(self) -> bytes:
        """What comes before the first row."""

    def add(self, rows: Sequence[Row]) -> bytes:
        """What can be handed on after further rows, perhaps nothing yet."""

    def end(self) -> bytes:
        """What makes the file whole."""

    def cut(self, reason: str) -> bytes:
        """What keeps a file that ends here from being taken for whole."""
