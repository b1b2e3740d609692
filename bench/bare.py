"""The floor: a grpc.aio handler that does nothing but return bytes. Run as a process of its own,
on the event loop that services run on, so that what differs is what they do."""

import sys
from pathlib import Path
from typing import Any

import grpc
import uvloop

PATH = "/bench.Bare/Call"


def start_arguments(reply_file: str, address: str) -> list[str]:
    return [sys.executable, "-m", "bench.bare", reply_file, address]


async def serve(reply: bytes, address: str) -> None:
    async def answer(_: bytes, __: object) -> bytes:
        return reply

    handler: Any = grpc.unary_unary_rpc_method_handler(answer)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("bench.Bare", {"Call": handler}),)
    )
    server.add_insecure_port(address)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1]).read_bytes(), sys.argv[2]))
