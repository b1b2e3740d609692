"""Hands dead letters over once more."""

from datetime import datetime
from uuid import UUID

from services.runtime.bus.dead_letter import Source
from services.runtime.bus.envelope import decode
from services.runtime.faults import NotFound, Unavailable
from services.runtime.kafka_sender import KafkaSender
from services.runtime.kafka_traces import Record
from services.warehouse.bus.dead_letters import WholeLetter, get_letter, mark_replayed
from services.warehouse.bus.publishing import Published, publish
from services.warehouse.database import Database, Session


class Replayer:
    """Marks a letter as replayed when its record is durable where it went, and not before."""

    def __init__(self, database: Database, sender: KafkaSender | None) -> None:
        """Without a sender there is no log."""
        self._database = database
        self._sender = sender

    async def replay(self, workspace_id: str, letter_id: UUID) -> datetime:
        """When that was. Raises a Fault; then the letter may be replayed again."""
        async with self._database.reading(workspace_id) as session:
            letter = await find_letter(session, letter_id)
        if letter.filed.source is Source.LOG:
            await self._append_to_log(letter)
        async with self._database.writing(workspace_id) as session:
            if letter.filed.source is Source.BUS:
                await _publish_again(session, letter)
            return await mark_replayed(session, letter.filed)

    async def _append_to_log(self, letter: WholeLetter) -> None:
        if self._sender is None:
            raise Unavailable("LOG_UNAVAILABLE", "no log is configured to take the record")
        await self._sender.send(letter.filed.topic, [Record(letter.key, letter.payload)])


async def find_letter(session: Session, letter_id: UUID) -> WholeLetter:
    """Raises NotFound."""
    letter = await get_letter(session, letter_id)
    if letter is None:
        raise unknown_letter(letter_id)
    return letter


def unknown_letter(letter_id: UUID) -> NotFound:
    return NotFound(
        "DEAD_LETTER_NOT_FOUND",
        f"the workspace has no dead letter {letter_id}",
        metadata={"deadLetterId": str(letter_id)},
    )


async def _publish_again(session: Session, letter: WholeLetter) -> None:
    """With the id that it had, for the group that failed. Raises InvalidArgument."""
    event = decode(letter.payload, letter.key, letter.filed.position)
    again = Published(
        type=event.type,
        data=event.data,
        correlation_id=event.correlation_id,
        id=event.id,
        created_at=event.created_at,
        group=letter.filed.group_name,
    )
    await publish(session, again)
