"""Lists that come in pages, as one answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer
from google.protobuf.message import Message

from cli.asking.session import Session
from cli.rendering.console import waiting

MAX_PAGE = 500
# As much as a workspace may have of what files say: such lists are whole unless told otherwise.
ALL_THAT_IS_KEPT = 1_000
LimitOption = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]

Answer = TypeVar("Answer", bound=Message)


async def listed(
    session: Session, rpc: Callable[..., Awaitable[Answer]], request: Any, most: int
) -> Answer:
    """At most so many items, all in one message; its token says where the next one is, if any."""
    request.page_size = min(most, MAX_PAGE)
    answer = await session.ask(rpc, request)
    (name,) = (field.name for field in answer.DESCRIPTOR.fields if field.number == 1)
    items = getattr(answer, name)
    with waiting("reading") as tell:
        while len(items) < most and _next(answer):
            request.page_token, request.page_size = _next(answer), min(most - len(items), MAX_PAGE)
            _add(answer, items, await session.ask(rpc, request), name)
            tell(f"reading: {len(items)}")
    return answer


def _next(answer: Message) -> str:
    return str(getattr(answer, "next_page_token"))  # noqa: B009 - not of every message


def _add(answer: Any, items: Any, page: Any, name: str) -> None:
    items.extend(getattr(page, name))
    answer.next_page_token = page.next_page_token
    narrow(answer, page)


def narrow(answer: Any, page: Any) -> None:
    """All pages together are as complete as the one that is least so."""
    for name in ("as_of", "complete_until"):
        if name in answer.DESCRIPTOR.fields_by_name:
            _take_least(answer, page, name)


def _take_least(answer: Any, page: Any, name: str) -> None:
    """What is not set is known of none."""
    if not page.HasField(name):
        answer.ClearField(name)
    elif answer.HasField(name) and _moment(page, name) < _moment(answer, name):
        getattr(answer, name).CopyFrom(getattr(page, name))


def _moment(message: Any, name: str) -> int:
    nanoseconds: int = getattr(message, name).ToNanoseconds()
    return nanoseconds
