"""Files too large for the database, in a folder or in an object store that speaks S3.

Keys are paths whose parts say what they are of, the workspace among the first:
`reports/<workspace>/<report>/1.pdf`. Credentials of a store are what its own tools are told:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and so on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from services.runtime.faults import NotFound, Unavailable
from services.runtime.process import CannotStartError
from services.runtime.settings import Settings
from services.runtime.telemetry.instruments import instruments

PART_BYTES = 256 * 1024
KEYS_OF_A_PAGE = 1000
THREADS = 4
# A place that nothing is ever put at; to ask a store for it costs what a request does.
NOWHERE = "checked"
CHECK_PAUSE_SECONDS = 30.0
# A store that does not answer is away; a file that is large takes its time.
OF_CLIENT: Any = {"connect_timeout": timedelta(seconds=3), "timeout": timedelta(minutes=5)}
OF_RETRIES: Any = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=10),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "base": 2},
}


@dataclass(frozen=True)
class Stored:
    """An object, and when it was written."""

    key: str
    written_at: datetime
    size: int = 0


class Objects:
    """Where objects are kept. All of it raises Unavailable while the store is away.

    The library's own coroutines are resumed by threads that Python does not know, and that now and
    then outlive it: the process would end by SIGABRT. So threads of ours wait for it.
    """

    def __init__(self, store: Any, threads: ThreadPoolExecutor) -> None:
        self._store = store
        self._threads = threads

    async def put(self, key: str, content: bytes) -> None:
        """In place of what was there; nobody sees a part of it."""
        with _errors_as_faults(is_there=True):
            await self._done(obstore.put, key, content)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        """In parts of 256 KiB, each asked for when it is wanted: a reader may take all the time
        that he needs, and no answer of the store is cut meanwhile. Raises NotFound. What is at a
        key must not be replaced while it is read."""
        with _errors_as_faults():
            size = (await self._done(obstore.head, key))["size"]
        for start in range(0, size, PART_BYTES):
            with _errors_as_faults():
                yield await self._part(key, start, min(start + PART_BYTES, size))

    async def _part(self, key: str, start: int, end: int) -> bytes:
        def read(store: Any) -> bytes:
            return bytes(obstore.get_range(store, key, start=start, end=end))

        return await asyncio.get_running_loop().run_in_executor(self._threads, read, self._store)

    async def delete(self, keys: Sequence[str]) -> None:
        """Also those that are not there."""
        with _errors_as_faults(is_there=True):
            for start in range(0, len(keys), KEYS_OF_A_PAGE):
                await self._delete_page(keys[start : start + KEYS_OF_A_PAGE])

    async def _delete_page(self, keys: Sequence[str]) -> None:
        """Some stores complain about a key that is not there, and leave the others."""
        try:
            await self._done(obstore.delete, list(keys))
        except FileNotFoundError:
            for key in keys:
                with suppress(FileNotFoundError):
                    await self._done(obstore.delete, key)

    async def list(self, prefix: str) -> AsyncIterator[Sequence[Stored]]:
        """All below a prefix of whole parts, in pages."""
        with _errors_as_faults(is_there=True):
            pages = iter(obstore.list(self._store, prefix, chunk_size=KEYS_OF_A_PAGE))
            while (page := await self._next(pages)) is not None:
                yield [Stored(one["path"], one["last_modified"], one["size"]) for one in page]

    async def folders(self, prefix: str) -> Sequence[str]:
        """Those right below a prefix of whole parts, in which anything lies."""
        with _errors_as_faults(is_there=True):
            found = await self._done(obstore.list_with_delimiter, prefix)
        return [str(folder).rstrip("/") for folder in found["common_prefixes"]]

    async def trouble(self) -> str:
        """Why it does not say what it has; "" if it does."""
        try:
            await self.folders(NOWHERE)
        except Unavailable as away:
            return str(away.__cause__)
        return ""

    async def _done(self, operation: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, operation, self._store, *arguments)

    async def _next(self, items: Iterator[Any]) -> Any:
        """None if there is no other."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, next, items, None)


@asynccontextmanager
async def open_objects(settings: Settings) -> AsyncIterator[Objects]:
    """Connects on first use, so that a process can start before its store."""
    if not settings.objects_url:
        raise CannotStartError("setting objects_url: where are files kept?")
    store = _store(settings.objects_url, settings.objects_endpoint)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="objects") as threads:
        objects = Objects(store, threads)
        dependencies = instruments().dependencies
        with dependencies.on("objects", objects.trouble, CHECK_PAUSE_SECONDS):
            yield objects


def _store(url: str, endpoint: str) -> Any:
    """Without encryption only if that is what the endpoint says."""
    if url.startswith("file:"):
        # Folders are named after workspaces and reports: none outlives what lies in it.
        return from_url(url, mkdir=True, automatic_cleanup=True)
    client: Any = {**OF_CLIENT, "allow_http": endpoint.startswith("http:")}
    given: Any = {"endpoint": endpoint} if endpoint else {}
    return from_url(url, config=given, client_options=client, retry_config=OF_RETRIES)


@contextmanager
def _errors_as_faults(*, is_there: bool = False) -> Iterator[None]:
    """Of a store whose own place is not there, we cannot say that an object is not."""
    try:
        yield
    except FileNotFoundError as missing:
        if is_there:
            raise _unavailable() from missing
        raise NotFound("OBJECT_NOT_FOUND", "there is no such object") from missing
    except (BaseError, OSError) as away:
        raise _unavailable() from away


def _unavailable() -> Unavailable:
    return Unavailable("OBJECTS_UNAVAILABLE", "the store of files cannot be reached")
