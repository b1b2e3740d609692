"""Calls that began by one certificate go on while others begin by the next."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from services.runtime.binding import Renewal
from services.runtime.certificate import Certificate
from services.runtime.channels import open_channel
from services.runtime.renewed_channel import LOOK_SECONDS
from tests.support.waiting import until
from tools.certificates import SERVER_NAME, Authority


class Echo:
    """Answers at once; or again and again, whenever it is told to."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[bytes] = asyncio.Queue()
        self.serials: list[bytes] = []

    async def once(self, request: bytes, context: Any) -> bytes:
        self.serials += context.auth_context()["x509_pem_cert"]
        return request

    async def again(self, _: bytes, context: Any) -> AsyncIterator[bytes]:
        while (word := await self.told.get()) != b"end":
            yield word


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority()


@pytest.fixture
def certificate(authority: Authority, tmp_path: Path) -> Certificate:
    trusted = authority.write(tmp_path)
    return Certificate(*authority.issue(tmp_path), trusted, SERVER_NAME)


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def address(certificate: Certificate, echo: Echo) -> AsyncIterator[str]:
    server = grpc.aio.server()
    handlers = {
        "Once": grpc.unary_unary_rpc_method_handler(echo.once),
        "Again": grpc.unary_stream_rpc_method_handler(echo.again),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Echo", handlers),))
    renewal: Any = Renewal(certificate)
    credentials = grpc.dynamic_ssl_server_credentials(certificate.configuration(), renewal, True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


async def test_a_stream_outlives_its_certificate(
    address: str, certificate: Certificate, authority: Authority, echo: Echo, tmp_path: Path
) -> None:
    async with open_channel(address, dict, certificate=certificate) as channel:
        once, again = (
            channel.unary_unary("/test.Echo/Once"),
            channel.unary_stream("/test.Echo/Again"),
        )
        stream = again(b"")
        echo.told.put_nowait(b"first")
        assert await stream.read() == b"first"
        await once(b"")
        authority.issue(tmp_path)
        await asyncio.sleep(LOOK_SECONDS + 0.1)
        await once(b"")
        assert len(set(echo.serials)) == 2
        for word in (b"second", b"end"):
            echo.told.put_nowait(word)
        assert await stream.read() == b"second"
        assert await stream.read() is grpc.aio.EOF
        await until(lambda: _is_let_go(channel))


async def test_files_that_do_not_belong_together_change_nothing(
    address: str, certificate: Certificate, authority: Authority, echo: Echo, tmp_path: Path
) -> None:
    async with open_channel(address, dict, certificate=certificate) as channel:
        once = channel.unary_unary("/test.Echo/Once")
        await once(b"")
        key = certificate.key.read_bytes()
        authority.issue(tmp_path)
        certificate.key.write_bytes(key)
        await asyncio.sleep(LOOK_SECONDS + 0.1)
        await once(b"")
    assert len(set(echo.serials)) == 1


async def _is_let_go(channel: Any) -> bool:
    return not channel._old and not channel._closing
