"""Answers that come in pages, read as one sequence."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from shadower_client.frames import Row, flat, pandas_of, polars_of

if TYPE_CHECKING:
    import pandas
    import polars

R = TypeVar("R")
T = TypeVar("T")


class Pages(Generic[R, T]):
    """Iterates over items, and asks for the next page when it gets there."""

    def __init__(self, fetch: Callable[[str], R], items: str) -> None:
        self._fetch, self._items = fetch, items

    def pages(self) -> Iterator[R]:
        """The answers themselves, each with what it says beside its items."""
        token = None
        while token != "":
            page: Any = self._fetch(token or "")
            yield page
            token = page.next_page_token

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from getattr(page, self._items)

    def records(self) -> list[Row]:
        return [flat(item) for item in self]

    def to_pandas(self) -> "pandas.DataFrame":
        return pandas_of(self.records())

    def to_polars(self) -> "polars.DataFrame":
        return polars_of(self.records())


class AsyncPages(Generic[R, T]):
    """Iterates over items, and awaits the next page when it gets there."""

    def __init__(self, fetch: Callable[[str], Awaitable[R]], items: str) -> None:
        self._fetch, self._items = fetch, items

    async def pages(self) -> AsyncIterator[R]:
        """The answers themselves, each with what it says beside its items."""
        token = None
        while token != "":
            page: Any = await self._fetch(token or "")
            yield page
            token = page.next_page_token

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in getattr(page, self._items):
                yield item

    async def records(self) -> list[Row]:
        return [flat(item) async for item in self]

    async def to_pandas(self) -> "pandas.DataFrame":
        return pandas_of(await self.records())

    async def to_polars(self) -> "polars.DataFrame":
        return polars_of(await self.records())
