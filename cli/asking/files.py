"""Streams of a file's parts, written whole or not at all."""

import hashlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from cli.failures import CommandError, ExitCode
from cli.rendering.console import downloading

STANDARD_OUTPUT = Path("-")


@dataclass(frozen=True)
class Written:
    """What was written where."""

    path: Path
    size_bytes: int
    sha256: str


async def write_parts(
    parts: AsyncIterator[Any], path: Path, *, total: int | None = None
) -> Written:
    """The bodies of a stream of google.api.HttpBody. A file of before is replaced at the end."""
    if path == STANDARD_OUTPUT:
        return await _copied(parts, sys.stdout.buffer, path, total)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with draft.open("xb") as file:
            written = await _copied(parts, file, path, total)
        draft.replace(path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", exit_code=ExitCode.OUTPUT) from error
    finally:
        draft.unlink(missing_ok=True)
    return written


async def _copied(
    parts: AsyncIterator[Any], file: IO[bytes], path: Path, total: int | None
) -> Written:
    digest, size = hashlib.sha256(), 0
    with downloading(path.name, total) as came:
        async for part in parts:
            file.write(part.body.data)
            digest.update(part.body.data)
            size += len(part.body.data)
            came(len(part.body.data))
    file.flush()
    return Written(path, size, digest.hexdigest())
