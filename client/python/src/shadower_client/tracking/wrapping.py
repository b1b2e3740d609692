"""Functions of each kind, with a run around each call.

A generator hands over to others at each item: its run is current while its own code goes on, and
not between.
"""

import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, TypeAlias, TypeVar

from shadower_client.tracking.run import CURRENT, Run, leave

P = ParamSpec("P")
R = TypeVar("R")
Begin: TypeAlias = Callable[[], Run]
End: TypeAlias = Callable[[Run, BaseException | None], None]


def wrapped(function: Callable[P, R], begin: Begin, end: End) -> Callable[P, R]:
    untyped: Any = function
    kind: Any = _function
    if inspect.isasyncgenfunction(function):
        kind = _async_generator
    elif inspect.isgeneratorfunction(function):
        kind = _generator
    elif inspect.iscoroutinefunction(function):
        kind = _coroutine
    wrapper: Callable[P, R] = functools.wraps(function)(kind(untyped, begin, end))
    return wrapper


def _function(function: Callable[..., Any], begin: Begin, end: End) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        run = begin()
        token = CURRENT.set(run)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            end(run, error)
            raise
        finally:
            leave(token)
        end(run, None)
        return result

    return call


def _coroutine(function: Callable[..., Any], begin: Begin, end: End) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        run = begin()
        token = CURRENT.set(run)
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            end(run, error)
            raise
        finally:
            leave(token)
        end(run, None)
        return result

    return call


def _generator(function: Callable[..., Any], begin: Begin, end: End) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        run, inner = begin(), function(*args, **kwargs)
        try:
            result = yield from _Steps(run, inner)
        except BaseException as error:
            end(run, error)
            raise
        end(run, None)
        return result

    return call


class _Steps(Generator[Any, Any, Any]):
    """A generator each step of which is taken within its run."""

    def __init__(self, run: Run, inner: Generator[Any, Any, Any]) -> None:
        self._run, self._inner = run, inner

    def send(self, value: Any) -> Any:
        return self._within(self._inner.send, value)

    def throw(self, *error: Any) -> Any:
        return self._within(self._inner.throw, *error)

    def close(self) -> None:
        self._within(self._inner.close)

    def _within(self, step: Callable[..., Any], *values: Any) -> Any:
        token = CURRENT.set(self._run)
        try:
            return step(*values)
        finally:
            leave(token)


def _async_generator(function: Callable[..., Any], begin: Begin, end: End) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        run, inner = begin(), function(*args, **kwargs)
        async with _ended(run, inner, end):
            step = anext(inner)
            while True:
                try:
                    item = await _within(run, step)
                except StopAsyncIteration:
                    return
                # As `yield from` would, if there were one for generators that are awaited.
                try:
                    step = inner.asend((yield item))
                except GeneratorExit:
                    raise
                except BaseException as error:  # noqa: BLE001
                    step = inner.athrow(error)

    return call


@asynccontextmanager
async def _ended(run: Run, inner: AsyncGenerator[Any, Any], end: End) -> AsyncIterator[None]:
    try:
        try:
            yield
        finally:
            await _within(run, inner.aclose())
    except BaseException as error:
        end(run, error)
        raise
    end(run, None)


async def _within(run: Run, step: Awaitable[Any]) -> Any:
    token = CURRENT.set(run)
    try:
        return await step
    finally:
        leave(token)
