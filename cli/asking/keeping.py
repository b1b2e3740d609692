"""Lets the service keep what files say, whether it keeps something under that id already or not."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.asking.documents import Kind, Named
from cli.asking.session import Session
from cli.asking.several import telling_what_is_done
from cli.failures import CommandError, ExitCode

CREATED, CHANGED, UNCHANGED = "created", "changed", "unchanged"


@dataclass(frozen=True)
class Call:
    """An RPC with the message that asks it."""

    rpc: Callable[..., Awaitable[Any]]
    request: Any


@dataclass(frozen=True)
class Keeper:
    """How something is made, read and changed."""

    kind: Kind
    create: Call
    get: Call
    update: Call


Applied = tuple[Any, str]
"""What is kept now, and what that changed."""


async def applied(session: Session, keeper: Keeper, wanted: Iterable[Named]) -> list[Applied]:
    """One after the other: those before one that is refused are kept. Raises CommandError."""
    done: list[Applied] = []
    for one in wanted:
        with telling_what_is_done(f"{after} {changed}" for after, changed in _named(keeper, done)):
            done.append(await _applied(session, keeper, one))
    return done


def _named(keeper: Keeper, done: Iterable[Applied]) -> Iterator[Applied]:
    return ((getattr(after, keeper.kind.id_name), changed) for after, changed in done)


async def _applied(session: Session, keeper: Keeper, wanted: Named) -> Applied:
    named = {"workspace_id": session.workspace, keeper.kind.id_name: wanted.id}
    said = {**named, keeper.kind.name: wanted.content}
    before = await _found(session, keeper, named)
    if before is None:
        return await _kept(session, keeper, keeper.create, said), CREATED
    after = await _kept(session, keeper, keeper.update, {**said, "etag": before.etag})
    return after, UNCHANGED if after.etag == before.etag else CHANGED


async def _found(session: Session, keeper: Keeper, named: Mapping[str, Any]) -> Any:
    try:
        return await _kept(session, keeper, keeper.get, named)
    except CommandError as error:
        if error.exit_code != ExitCode.NOT_FOUND:
            raise
        return None


async def _kept(session: Session, keeper: Keeper, call: Call, fields: Mapping[str, Any]) -> Any:
    answer = await session.ask(call.rpc, call.request(**fields))
    return getattr(answer, keeper.kind.name)
