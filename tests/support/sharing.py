"""Files of tests that one worker runs, since they share what takes long to set up.

Each worker has fixtures of its own, also those of a session. A file that is not named here may be
run by any worker.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from xdist.scheduler import LoadFileScheduling

SHARED: Mapping[str, tuple[str, ...]] = {
    "browser": ("tests/console/*",),
    "busy": (
        "tests/integration/test_agent_failures.py",
        "tests/integration/test_agent_performance.py",
        "tests/integration/test_summary.py",
    ),
    "exports": ("tests/integration/test_exports*.py",),
    "measured": ("tests/integration/test_metric*.py",),
    "notifier": ("tests/integration/test_notification*.py",),
    "web": (
        "tests/integration/test_graphql*.py",
        "tests/integration/test_live_socket.py",
        "tests/integration/test_socket_readers.py",
        "tests/integration/test_web_tenancy.py",
    ),
}
"""By the fixture: patterns of files."""


class BySharing(LoadFileScheduling):
    """Tests of a file stay together, and so do files that share."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(str(super()._split_scope(nodeid)))


def unit_of(file: str) -> str:
    for fixture, patterns in SHARED.items():
        if any(fnmatchcase(file, pattern) for pattern in patterns):
            return fixture
    return file
