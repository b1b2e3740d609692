"""How replicas forget together.

Each time something is forgotten, a new generation begins. Messages tell of it at once; who missed
one finds a generation that it does not know, and forgets all.
"""

import secrets
from collections.abc import Callable
from typing import Any

CHANNEL = "shadower:forget"
GENERATION = "shadower:generation"
LISTEN_SECONDS = 1.0


class Heard:
    """Passes on what is forgotten, and "*" for what it did not hear."""

    def __init__(self, forget: Callable[[str], object]) -> None:
        self._forget = forget
        self._known = ""

    def catch_up(self, generation: str) -> None:
        """Nothing was missed if nothing was forgotten since."""
        if generation != self._known:
            self._forget("*")
        self._known = generation

    def hear(self, before: str, after: str, pattern: str) -> None:
        """Messages of two who forget at once may come the wrong way round."""
        nothing_missed = self._known in (before, after)
        self._forget(pattern if nothing_missed else "*")
        self._known = after


async def forget_for_all(client: Any, names: str, pattern: str) -> int:
    """Drops what has such a name, and tells everyone; how many. First the generation ends, so that
    nothing older is written behind our back."""
    after = secrets.token_hex(8)
    before = (await client.set(GENERATION, after, get=True) or b"").decode()
    dropped = 0
    async for name in client.scan_iter(match=names, count=1000):
        dropped += await client.unlink(name)
    await client.publish(CHANNEL, f"{before} {after} {pattern}")
    return dropped


async def hear_from(client: Any, heard: Heard) -> None:
    """Listens until the connection breaks. Looks at the generation when it begins to, and whenever
    all is quiet: a connection may be dead and not say so."""
    async with client.pubsub() as news:
        await news.subscribe(CHANNEL)
        while True:
            message = await news.get_message(timeout=LISTEN_SECONDS)
            if message is not None and message["type"] == "message":
                heard.hear(*message["data"].decode().split(" ", 2))
            else:
                heard.catch_up(await _generation(client))


async def _generation(client: Any) -> str:
    """A server that has lost its memory begins another one."""
    known = await client.get(GENERATION)
    if known is None:
        await client.set(GENERATION, secrets.token_hex(8), nx=True)
        known = await client.get(GENERATION)
    return str(known.decode())
