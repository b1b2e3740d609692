"""What a job is."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc

Options = Mapping[str, Any]
Ask = Callable[[grpc.aio.Channel, str, Options], AsyncIterator[Any]]
"""Calls an RPC for a workspace, and gives what it answers."""


@dataclass(frozen=True)
class Job:
    """One RPC at times: for each workspace that there is, or for all of them together."""

    name: str
    description: str
    schedule: str
    """On the clock of its time zone; see scheduler/times.py."""
    permission: str
    """What the token of its calls permits."""
    deadline: timedelta
    """Of a call."""
    ask: Ask
    is_for_all: bool = False
    """Whether it is called once, for "shadower-system"."""
    time_zone: str = "UTC"
