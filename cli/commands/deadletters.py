"""`shadower deadletters`."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from shadower.bus.v1 import dead_letters_service_pb2 as pb
from shadower.bus.v1.dead_letter_pb2 import DeadLetterSource, DeadLetterState
from shadower.bus.v1.dead_letters_service_pb2_grpc import DeadLettersServiceStub

from cli.asking.pages import LimitOption, listed
from cli.asking.session import Session, asking
from cli.failures import CommandError, ExitCode
from cli.rendering.dead_letters import SOURCE, STATE, letter_view, letters_view, outcomes
from cli.rendering.examples import examples

# The most that one call takes.
MAX_LETTERS = 100

deadletters = typer.Typer(name="deadletters", no_args_is_help=True, add_completion=False)


class Source(StrEnum):
    """Where letters come from."""

    LOG = "log"
    BUS = "bus"


class State(StrEnum):
    """What has become of letters."""

    OPEN = "open"
    REPLAYED = "replayed"
    DROPPED = "dropped"


LetterIds = Annotated[list[UUID], typer.Argument(metavar="ID...")]


@deadletters.callback()
def about() -> None:
    """Look at what could not be handled, and hand it over once more, or drop it.

    Letters of no known workspace are those of the workspace shadower-system.
    """


@deadletters.command(
    "list",
    epilog=examples("shadower deadletters list --state open", "shadower deadletters list --json"),
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
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    limit: LimitOption = 50,
) -> None:
    """List letters, the latest first."""
    request = pb.ListDeadLettersRequest(
        workspace_id=session.workspace,
        source=DeadLetterSource.Value(f"{SOURCE}{(source or 'unspecified').upper()}"),
        replayed=replayed,
        state=DeadLetterState.Value(f"{STATE}{(state or 'unspecified').upper()}"),
    )
    rpc = session.stub(DeadLettersServiceStub).ListDeadLetters
    session.show(await listed(session, rpc, request, limit), letters_view)


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
    session.show(await session.ask(rpc, request), letter_view)


@deadletters.command(
    "replay", epilog=examples("shadower deadletters replay 01234567-89ab-4def-8123-456789abcdef")
)
@asking
async def replay_letters(session: Session, *, letter_ids: LetterIds) -> None:
    """Hand records over once more. Safe to repeat: nothing is counted twice."""
    request = pb.ReplayDeadLettersRequest(workspace_id=session.workspace)
    rpc = session.stub(DeadLettersServiceStub).ReplayDeadLetters
    await _each(session, rpc, request, letter_ids, "replayed")


@deadletters.command(
    "drop",
    epilog=examples(
        "shadower deadletters drop 01234567-89ab-4def-8123-456789abcdef --reason 'sent by a test'"
    ),
)
@asking
async def drop_letters(
    session: Session,
    *,
    letter_ids: LetterIds,
    reason: Annotated[str, typer.Option(help="Why, for those who look later.")],
) -> None:
    """Say that records will not be handed over, and why. They stay as they are, listed as dropped,
    and can still be replayed.
    """
    request = pb.DropDeadLettersRequest(workspace_id=session.workspace, reason=reason)
    rpc = session.stub(DeadLettersServiceStub).DropDeadLetters
    await _each(session, rpc, request, letter_ids, "dropped")


async def _each(
    session: Session, rpc: Callable[..., Any], request: Any, letter_ids: list[UUID], done: str
) -> None:
    """Asks for as many calls as it takes, and shows what became of each letter."""
    ids = [str(one) for one in dict.fromkeys(letter_ids)]
    answers = []
    try:
        for some in _parts(ids):
            request.dead_letter_ids[:] = some
            answers.append(await session.ask(rpc, request))
    finally:
        # Also what was done before a call that is refused.
        answer = _merged(answers)
        if answer:
            session.show(answer, lambda told, _: [outcomes(told.results, done)])
    if failed := sum(one.HasField("error") for one in answer.results):
        raise CommandError(f"{failed} of {len(ids)} were not {done}", exit_code=ExitCode.PARTLY)


def _merged(answers: list[Any]) -> Any:
    for more in answers[1:]:
        answers[0].MergeFrom(more)
    return answers[0] if answers else None


def _parts(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + MAX_LETTERS] for start in range(0, len(ids), MAX_LETTERS))
