"""Dead letters: records that could not be handled, filed by workspace."""

from services.runtime.bus.dead_letter import DeadLetter
from services.runtime.pool import Connection
from services.warehouse.sql import Queries

QUERIES = Queries(__file__)


async def bury(connection: Connection, letter: DeadLetter) -> None:
    """Files a letter in the connection's transaction; once, however often it is buried.

    The transaction must be in the letter's workspace, or of the role that may bury for all.
    """
    await connection.execute(
        QUERIES["bury"],
        letter.workspace_id,
        letter.id,
        letter.source.value,
        letter.group,
        letter.topic,
        letter.partition,
        letter.position,
        letter.reason,
        letter.message,
        letter.key,
        letter.payload,
        letter.attempts,
    )
