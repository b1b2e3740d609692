"""Streams of a file's parts, written whole or not at all."""

import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import typer

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
    parts: AsyncIterator[Any], path: Path, *, total: int | None = None, sha256: str | None = None
) -> Written:
    """The bodies of a stream of google.api.HttpBody. A file of before is replaced at the end, by
    one of that digest. Raises CommandError."""
    if path == STANDARD_OUTPUT:
        return _checked(await _copied(parts, sys.stdout.buffer, path, total), sha256)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with draft.open("xb") as file:
            written = _checked(await _copied(parts, file, path, total), sha256)
        draft.replace(path)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", exit_code=ExitCode.OUTPUT) from error
    finally:
        draft.unlink(missing_ok=True)
    return written


def show_written(written: Written, *, rows: int | None = None) -> None:
    """As one JSON document; on the other output if the file is the standard one. 64-bit integers
    are texts, as the contract writes them."""
    told = {
        "path": str(written.path),
        "sizeBytes": str(written.size_bytes),
        "sha256": written.sha256,
        **({} if rows is None else {"rows": str(rows)}),
    }
    typer.echo(json.dumps(told, indent=2), err=written.path == STANDARD_OUTPUT)


def _checked(written: Written, sha256: str | None) -> Written:
    if sha256 not in (None, written.sha256):
        raise CommandError(
            f"what came for {written.path} is not whole: it has another SHA-256 than was told",
            exit_code=ExitCode.OUTPUT,
        )
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
