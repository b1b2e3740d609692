"""Dead letters, and an operator who looks after them."""

from typing import Any

import psycopg
from shadower.bus.v1 import dead_letters_service_pb2 as pb

from tests.support.keys import KeyRing

LETTER = "01234567-89ab-4def-8123-456789abcdef"
UNKNOWN = "fedcba98-7654-4321-8fed-cba987654321"


def file_letter(
    url: str, workspace: str, letter_id: str = LETTER, message: str = "why", position: int = 1
) -> None:
    filing = """
        insert into shadower.dead_letters
            (workspace_id, dead_letter_id, source, position, reason, message, payload)
        values (%s, %s, 'bus', %s, 'RECORD_MALFORMED', %s, '')
    """
    with psycopg.connect(url) as connection:
        connection.execute(filing, [workspace, letter_id, position, message])


class Operator:
    """Looks after the letters of one workspace."""

    def __init__(self, stub: Any, keys: KeyRing, workspace: str) -> None:
        self.stub, self.workspace = stub, workspace
        self.metadata = keys.metadata(workspace)

    async def list(self, **fields: Any) -> Any:
        request = pb.ListDeadLettersRequest(workspace_id=self.workspace, **fields)
        return await self.stub.ListDeadLetters(request, metadata=self.metadata)

    async def get(self, letter_id: Any) -> Any:
        request = pb.GetDeadLetterRequest(
            workspace_id=self.workspace, dead_letter_id=str(letter_id)
        )
        return await self.stub.GetDeadLetter(request, metadata=self.metadata)

    async def replay(self, *ids: Any) -> Any:
        request = pb.ReplayDeadLettersRequest(
            workspace_id=self.workspace, dead_letter_ids=[str(one) for one in ids]
        )
        return (await self.stub.ReplayDeadLetters(request, metadata=self.metadata)).results

    async def drop(self, *ids: Any, reason: str = "of no use") -> Any:
        request = pb.DropDeadLettersRequest(
            workspace_id=self.workspace, dead_letter_ids=[str(one) for one in ids], reason=reason
        )
        return (await self.stub.DropDeadLetters(request, metadata=self.metadata)).results


def ids_of(answer: Any) -> list[str]:
    return [letter.dead_letter_id for letter in answer.dead_letters]
