"""A server of DNS on the loopback: addresses of names, which come and go."""

import asyncio
import ipaddress
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

A, INTERNET = 1, 1
QUESTION_BEGINS = 12
RESPONSE, AUTHORITATIVE, NO_SUCH_NAME = 0x8000, 0x0400, 0x0003
NAME_OF_THE_QUESTION = 0xC000 | QUESTION_BEGINS
SECONDS_TO_LIVE = 1


@dataclass
class Names(asyncio.DatagramProtocol):
    """Whoever asks for a name that has no addresses, or for others than of IPv4, gets none."""

    addresses: dict[str, list[str]] = field(default_factory=dict)
    port: int = 0
    transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.transport.sendto(self._answer(data), addr)

    def _answer(self, query: bytes) -> bytes:
        name, end = _name(query)
        kind, _ = struct.unpack_from("!HH", query, end)
        known = self.addresses.get(name)
        found = (known or []) if kind == A else []
        flags = RESPONSE | AUTHORITATIVE | (NO_SUCH_NAME if known is None else 0)
        head = struct.pack("!2sHHHHH", query[:2], flags, 1, len(found), 0, 0)
        records = (_record(address) for address in found)
        return head + query[QUESTION_BEGINS : end + 4] + b"".join(records)


def _name(query: bytes) -> tuple[str, int]:
    """That of the question, and where its type begins."""
    labels, at = [], QUESTION_BEGINS
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels).lower(), at + 1


def _record(address: str) -> bytes:
    packed = ipaddress.IPv4Address(address).packed
    about = (NAME_OF_THE_QUESTION, A, INTERNET, SECONDS_TO_LIVE, len(packed))
    return struct.pack("!HHHIH", *about) + packed


@asynccontextmanager
async def names() -> AsyncIterator[Names]:
    loop = asyncio.get_running_loop()
    transport, served = await loop.create_datagram_endpoint(Names, local_addr=("127.0.0.1", 0))
    try:
        yield served
    finally:
        transport.close()
