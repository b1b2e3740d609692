"""What processes know of who may come in, from the database."""

from functools import partial

from services.runtime.access import Access
from services.runtime.settings import Settings
from services.warehouse.access.audit import write_entries
from services.warehouse.access.revocations import open_revocations
from services.warehouse.database import Database


def access_of(settings: Settings, database: Database) -> Access:
    return Access(partial(open_revocations, settings), partial(write_entries, database))
