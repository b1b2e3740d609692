"""Spans of time, as callers may give them."""

from datetime import datetime, timedelta
from typing import TypeAlias

from shadower_client.api.common import TimeInterval

Interval: TypeAlias = TimeInterval | tuple[datetime, datetime] | timedelta
"""An interval, its start and end (which does not belong to it), or a length of time up to now."""
