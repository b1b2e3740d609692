"""Which schema this code is written for."""

from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def schema_version() -> str:
    """The number of the newest migration, such as "0002"."""
    return max(path.stem.split("_")[0] for path in VERSIONS.glob("*.sql"))
