"""The bare handler behind a whole edge: it says of JSON which answer it has, as services do."""

import sys
from pathlib import Path
from typing import Any

import uvloop

from bench.bare import Behaviour, serve
from services.runtime.conditions import unless_known


def start_arguments(reply_file: str, address: str, path: str, workspace: str) -> list[str]:
    return [sys.executable, "-m", "bench.telling", reply_file, address, path, workspace]


def answering(reply: bytes, path: str, workspace: str) -> Behaviour:
    async def answer(_: bytes, context: Any) -> bytes:
        pairs = context.invocation_metadata() or ()
        return unless_known(reply, path, workspace, pairs, context)

    return answer


def main(reply_file: str, address: str, path: str, workspace: str) -> None:
    answer = answering(Path(reply_file).read_bytes(), path, workspace)
    uvloop.run(serve(answer, address, path))


if __name__ == "__main__":
    main(*sys.argv[1:])
