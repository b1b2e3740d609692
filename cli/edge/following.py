"""Keys of the edge that change: its file of authentication follows the key sets in files."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from cli.edge.model import EdgeModel
from cli.edge.rendering import write_authentication
from services.runtime.key_sets import WeakKeyError

PAUSE_SECONDS = 1.0


async def follow_keys(
    model: EdgeModel, folder: Path, say: Callable[[str], None], pause: float = PAUSE_SECONDS
) -> None:
    """As long as it runs. A set that cannot be used is told of, and that of before stays."""
    files = [one.jwks for one in model.issuers if isinstance(one.jwks, Path)]
    # Nothing is known of what they were when the edge was rendered.
    seen: list[int] = []
    while True:
        await asyncio.sleep(pause)
        now = _stamps(files)
        if now == seen:
            continue
        seen = now
        try:
            write_authentication(model, folder)
        except (WeakKeyError, OSError) as unusable:
            say(f"keys of tokens stay as they were: {unusable}")


def _stamps(files: list[Path]) -> list[int]:
    """0 stands for a file that is away, as it may be while it is replaced."""
    return [file.stat().st_mtime_ns if file.exists() else 0 for file in files]
