"""What a renderer and its child processes say to each other."""

from enum import IntEnum

LENGTH_BYTES = 8


class Ended(IntEnum):
    """How a rendering went."""

    WELL = 0
    TOO_LARGE = 1
