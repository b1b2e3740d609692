"""How the database is away, or slow: it is waited for, and nothing is lost or told twice by it."""

from services.runtime.faults import DeadlineExceeded, Unavailable

AWAY = (Unavailable, DeadlineExceeded, TimeoutError)
"""It cannot be reached; it gave a statement up; it did not answer in time."""
