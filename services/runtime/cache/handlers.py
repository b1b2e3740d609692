"""How a handler says that its answers may be remembered."""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message

from services.runtime.cache.cache import Cache
from services.runtime.cache.question import Answer, Key, Question
from services.runtime.call import Context, Reply, current_call
from services.runtime.encoded import ByContent
from services.runtime.times import from_duration


class Caching(Protocol):
    """A servicer that has a cache."""

    @property
    def cache(self) -> Cache: ...


Servicer = TypeVar("Servicer", bound=Caching)
Asked = TypeVar("Asked", bound=Message)
Handler = Callable[[Servicer, Asked], Awaitable[Answer]]
"""It knows nothing of who calls: its answers are for all who ask the same."""
Meaning = Callable[[Any], Message]
"""The request that stands for all that mean the same."""


def cached(meaning: Meaning) -> Callable[[Handler[Servicer, Asked]], Any]:
    """Makes a handler of answers one of replies, in bytes, of which each is calculated once.

    It runs inside of the chain: whoever is refused there is refused whatever is remembered. The
    workspace of a key is the one that the caller was authorised for.
    """

    def decorate(handler: Handler[Servicer, Asked]) -> Any:
        fingerprint = _fingerprints(meaning)

        def question(self: Servicer, request: Asked) -> Question:
            call = current_call()
            encoded = call.encoded or request.SerializeToString(deterministic=True)
            key = Key(call.workspace_id, call.contract.path, fingerprint(type(request), encoded))
            return Question(key, _staleness(self.cache, request))

        def reply_to(self: Servicer, request: Asked) -> Reply:
            calculate = partial(handler, self, request)
            return partial(self.cache.at_once, question(self, request), calculate)

        @wraps(handler)
        async def reply(self: Servicer, request: Asked, _context: Context) -> bytes:
            calculate = partial(handler, self, request)
            return await self.cache.reply(question(self, request), calculate)

        # For the chain, which need not admit again who asks the same.
        reply.reply_to = reply_to  # type: ignore[attr-defined]
        return reply

    return decorate


def _fingerprints(meaning: Meaning) -> ByContent[bytes]:
    """What a request means, in bytes."""
    return ByContent(lambda request: meaning(request).SerializeToString(deterministic=True))


def _staleness(cache: Cache, request: Any) -> float:
    """Fresher on demand, never staler."""
    if not request.HasField("max_staleness"):
        return cache.staleness
    return min(cache.staleness, from_duration(request.max_staleness).total_seconds())
