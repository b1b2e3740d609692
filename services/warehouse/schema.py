"""Which schema this code is written for, and with which others it works."""

from dataclasses import dataclass
from pathlib import Path

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def schema_version() -> str:
    """The number of the newest migration, such as "0002"."""
    return max(path.stem.split("_")[0] for path in VERSIONS.glob("*.sql"))


@dataclass(frozen=True)
class AppliedSchema:
    """What a database has; numbers are as long as each other, so that they compare as text."""

    version: str
    works_from: str
    """The oldest code that works with it, by the schema that it was written for."""

    def is_beyond(self, needed: str) -> bool:
        """Whether it was changed in a way that code for the needed one cannot know of."""
        return self.version > needed and self.works_from > needed

    def trouble(self, needed: str) -> str:
        """What keeps code for the needed one from working with it; "" if nothing does."""
        if self.version < needed:
            return f"schema {self.version or 'none'}, needed {needed}: a migration is needed"
        if self.is_beyond(needed):
            return (
                f"schema {self.version} works with code for {self.works_from} and later, "
                f"and this code is for {needed}"
            )
        return ""


class NewerSchemaError(Exception):
    """A later version was here; what it left may work with this code all the same."""

    def __init__(self, applied: AppliedSchema, known: str) -> None:
        self.works = not applied.is_beyond(known)
        works = f"schema {applied.version} is newer than this version, and works with it"
        super().__init__(applied.trouble(known) or works)


# Compares as older than any.
NO_SCHEMA = AppliedSchema("", "")
