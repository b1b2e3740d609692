"""`shadower deadletters`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import RenderableType
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letter_pb2 import DeadLetter, DeadLetterSource
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub
from shadower.common.v1.error_reason_pb2 import ErrorReason

from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.failures import CommandError, ExitCode
from cli.rendering.examples import examples
from cli.rendering.tables import facts, table, zoned
from cli.rendering.values import clean, count, name_of, size, time, time_if, word

SOURCE, REASON = "DEAD_LETTER_SOURCE_", "ERROR_REASON_"
# The most that one call takes.
MAX_REPLAYS = 100

deadletters = typer.Typer(name="deadletters", no_args_is_help=True, add_completion=False)


class Source(StrEnum):
    """Where letters come from."""

    LOG = "log"
    BUS = "bus"


@deadletters.callback()
def about() -> None:
    """Look at what could not be handled, and hand it over once more.

    Letters of no known workspace are those of the workspace shadower-system.
    """


@deadletters.command(
    "list",
    epilog=examples("shadower deadletters list --not-replayed", "shadower deadletters list --json"),
)
@asking
async def list_letters(
    session: Session,
    *,
    source: Annotated[Source | None, typer.Option(help="Only of the log, or of the bus.")] = None,
    replayed: Annotated[
        bool | None,
        typer.Option("--replayed/--not-replayed", help="Only those that were, or were not."),
    ] = None,
    limit: LimitOption = 50,
) -> None:
    """List letters, the latest first."""
    request = pb.ListDeadLettersRequest(
        workspace_id=session.workspace,
        source=DeadLetterSource.Value(f"{SOURCE}{(source or 'unspecified').upper()}"),
        replayed=replayed,
    )
    rpc = session.stub(DeadLettersServiceStub).ListDeadLetters
    session.show(await listed(session, rpc, request, limit), _list_view)


@deadletters.command(
    "show", epilog=examples("shadower deadletters show 01234567-89ab-4def-8123-456789abcdef")
)
@asking
async def show_letter(
    session: Session, *, letter_id: Annotated[UUID, typer.Argument(metavar="ID")]
) -> None:
    """Show a letter with its content."""
    request = pb.GetDeadLetterRequest(workspace_id=session.workspace, dead_letter_id=str(letter_id))
    rpc = session.stub(DeadLettersServiceStub).GetDeadLetter
    session.show(await session.ask(rpc, request), _one_view)


@deadletters.command(
    "replay", epilog=examples("shadower deadletters replay 01234567-89ab-4def-8123-456789abcdef")
)
@asking
async def replay_letters(
    session: Session, *, letter_ids: Annotated[list[UUID], typer.Argument(metavar="ID...")]
) -> None:
    """Hand records over once more. Safe to repeat: nothing is counted twice."""
    answer = pb.ReplayDeadLettersResponse()
    rpc = session.stub(DeadLettersServiceStub).ReplayDeadLetters
    ids = [str(one) for one in dict.fromkeys(letter_ids)]
    for some in _parts(ids):
        request = pb.ReplayDeadLettersRequest(workspace_id=session.workspace, dead_letter_ids=some)
        answer.MergeFrom(await session.ask(rpc, request))
    session.show(answer, _outcomes)
    if failed := sum(one.HasField("error") for one in answer.results):
        raise CommandError(f"{failed} of {len(ids)} were not replayed", exit_code=ExitCode.PARTLY)


def _parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + MAX_REPLAYS] for start in range(0, len(ids), MAX_REPLAYS))


def _list_view(answer: pb.ListDeadLettersResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    rows = (
        (
            one.dead_letter_id,
            time(one.fail_time, zone),
            word(DeadLetterSource, one.source, SOURCE),
            name_of(ErrorReason, one.reason).removeprefix(REASON),
            place(one),
            count(one.occurrences),
            time_if(one, "replay_time", zone),
        )
        for one in answer.dead_letters
    )
    yield table(("id", "failed", "source", "reason", "from", ">times", "replayed"), rows)
    yield zoned(zone)


def _one_view(answer: pb.GetDeadLetterResponse, zone: ZoneInfo) -> Iterator[RenderableType]:
    """What is known of a letter, and its content: decoded where it can be."""
    yield facts(_known(answer.dead_letter, zone))
    content = answer.content
    decoded = content.decoded or content.payload.hex(" ")
    yield "\n".join(map(clean, decoded.splitlines()))


def _known(letter: DeadLetter, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "id", letter.dead_letter_id
    yield "reason", name_of(ErrorReason, letter.reason).removeprefix(REASON)
    yield "message", letter.message
    yield "from", place(letter)
    yield "group", letter.group
    yield "attempts", count(letter.attempts)
    yield "times", count(letter.occurrences)
    yield f"failed ({zone.key})", time(letter.fail_time, zone)
    yield "last failed", time(letter.last_fail_time, zone)
    yield "replayed", time_if(letter, "replay_time", zone)
    yield "payload", size(letter.payload_bytes)


def place(letter: DeadLetter) -> str:
    """Such as shadower.log/3@42, or outbox@42."""
    where = f"{letter.topic}/{letter.partition}" if letter.topic else "outbox"
    return f"{where}@{letter.position}"


def _outcomes(answer: pb.ReplayDeadLettersResponse, _: ZoneInfo) -> Iterator[RenderableType]:
    yield table(("id", "outcome"), map(_outcome, answer.results))


def _outcome(one: pb.ReplayResult) -> tuple[str, str]:
    return one.dead_letter_id, one.error.message if one.HasField("error") else "replayed"
