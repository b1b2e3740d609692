"""Calls that take bytes and give bytes, so that the caller's own cost is small."""

import os
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import grpc

from bench import bare

Method = Callable[[bytes], Awaitable[bytes]]
SECONDS = 60


async def open_method(opened: AsyncExitStack, address: str, path: str, token: str = "") -> Method:
    channel = await opened.enter_async_context(grpc.aio.insecure_channel(address))
    method: Any = channel.unary_unary(path)
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    return lambda payload: method(payload, metadata=metadata, timeout=SECONDS, wait_for_ready=True)


async def open_bare(opened: AsyncExitStack, reply: bytes) -> Method:
    """A handler that does nothing but return a reply, in a process of its own."""
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
    file = folder / "reply"
    file.write_bytes(reply)
    # As services do, or the way there would be part of what differs.
    address = f"unix:{folder / 'bare.sock'}"
    run_beside(opened, bare.start_arguments(str(file), address))
    method = await open_method(opened, address, bare.PATH)
    await method(b"")  # Its start is nobody's floor.
    return method


def run_beside(opened: AsyncExitStack, command: Sequence[str], **environment: str) -> int:
    """The id of a process that ends with the stack."""
    process = subprocess.Popen(command, env={**os.environ, **environment})
    opened.callback(process.wait, 10)
    opened.callback(process.terminate)
    return process.pid
