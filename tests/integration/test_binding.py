"""Nobody passes the edge by: a service hears whoever shows a certificate, or reaches its socket."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.support.stack import Environment, Running, Stack, ready, start, stop
from tools.certificates import SERVER_NAME, Authority

PRODUCTION = ("SHADOWER_ENVIRONMENT", "production")
SECONDS = 60


@dataclass(frozen=True)
class Mesh:
    """Files of a service that has a certificate, and of a caller who has one too."""

    authority: Authority
    trusted: Path
    folder: Path
    certificate: Path
    key: Path

    @classmethod
    def new(cls, folder: Path) -> "Mesh":
        folder.mkdir()
        authority = Authority()
        return cls(authority, authority.write(folder), folder, *authority.issue(folder))

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        return (
            ("SHADOWER_TLS_CERTIFICATE_FILE", str(self.certificate)),
            ("SHADOWER_TLS_KEY_FILE", str(self.key)),
            ("SHADOWER_TLS_AUTHORITY_FILE", str(self.trusted)),
        )


@contextmanager
def started(environment: Environment) -> Iterator[Running]:
    service = start("agents", environment)
    try:
        yield service
    finally:
        if service.process.poll() is None:
            stop(service)


@asynccontextmanager
async def asking(
    address: str, credentials: grpc.ChannelCredentials | None
) -> AsyncIterator[health_pb2_grpc.HealthStub]:
    options = (("grpc.ssl_target_name_override", SERVER_NAME),)
    channel = (
        grpc.aio.secure_channel(address, credentials, options)
        if credentials
        else grpc.aio.insecure_channel(address)
    )
    async with channel:
        yield health_pb2_grpc.HealthStub(channel)


async def is_heard(address: str, credentials: grpc.ChannelCredentials | None) -> bool:
    async with asking(address, credentials) as health:
        request = health_pb2.HealthCheckRequest(service="")
        try:
            answer = await health.Check(request, timeout=3)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def shown(mesh: Mesh, by: Mesh | None = None) -> grpc.ChannelCredentials:
    """Credentials that trust the mesh, with the certificate of `by`."""
    pair = (by.key.read_bytes(), by.certificate.read_bytes()) if by else (None, None)
    return grpc.ssl_channel_credentials(mesh.trusted.read_bytes(), *pair)


async def until_heard(service: Running, credentials: grpc.ChannelCredentials | None) -> None:
    async with asyncio.timeout(SECONDS):
        while not await is_heard(service.address, credentials):
            assert service.process.poll() is None, service.log.read_text()


@pytest.fixture
def environment(stack: Stack, jwks_file: Path, tmp_path: Path) -> Environment:
    return Environment(stack.database_url, jwks_file, tmp_path)


def told(environment: Environment, *extra: tuple[str, str]) -> Environment:
    return Environment(environment.database_url, environment.jwks_file, environment.logs, extra)


async def serial_shown(address: str, mesh: Mesh) -> int:
    """That of the certificate that the service shows now."""
    context = ssl.create_default_context(cafile=str(mesh.trusted))
    context.set_alpn_protocols(["h2"])
    context.load_cert_chain(mesh.certificate, mesh.key)
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(
        host, int(port), ssl=context, server_hostname=SERVER_NAME
    )
    encoded = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(encoded).serial_number


async def test_only_who_is_vouched_for_is_heard(environment: Environment, tmp_path: Path) -> None:
    mesh, stranger = Mesh.new(tmp_path / "mesh"), Mesh.new(tmp_path / "stranger")
    with started(told(environment, PRODUCTION, *mesh.settings)) as service:
        await until_heard(service, shown(mesh, by=mesh))
        assert not await is_heard(service.address, shown(mesh))
        assert not await is_heard(service.address, shown(mesh, by=stranger))
        assert not await is_heard(service.address, None)


async def test_a_certificate_that_is_replaced_is_shown(
    environment: Environment, tmp_path: Path
) -> None:
    mesh = Mesh.new(tmp_path / "mesh")
    with started(told(environment, PRODUCTION, *mesh.settings)) as service:
        await until_heard(service, shown(mesh, by=mesh))
        before = await serial_shown(service.address, mesh)
        mesh.authority.issue(mesh.folder)
        renewed = x509.load_pem_x509_certificate(mesh.certificate.read_bytes()).serial_number
        assert await serial_shown(service.address, mesh) == renewed != before
        mesh.certificate.unlink()
        assert await is_heard(service.address, of_another(mesh, tmp_path))


def of_another(mesh: Mesh, folder: Path) -> grpc.ChannelCredentials:
    """Of a caller whose files are still there."""
    other = folder / "caller"
    other.mkdir()
    certificate, key = mesh.authority.issue(other)
    return grpc.ssl_channel_credentials(
        mesh.trusted.read_bytes(), key.read_bytes(), certificate.read_bytes()
    )


async def test_a_socket_needs_no_certificate(environment: Environment, tmp_path: Path) -> None:
    socket = tmp_path / "agents.sock"
    listening = ("SHADOWER_LISTEN", f"unix:{socket}")
    with started(told(environment, PRODUCTION, listening)) as service:
        here = Running(service.name, f"unix:{socket}", service.process, service.log)
        await ready(here)
        assert socket.is_socket()


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ((PRODUCTION,), "in production a port needs certificates"),
        ((("SHADOWER_TLS_KEY_FILE", "/key.pem"),), "go together"),
        (
            tuple(
                (f"SHADOWER_TLS_{name}_FILE", "/nowhere.pem")
                for name in ("CERTIFICATE", "KEY", "AUTHORITY")
            ),
            "No such file",
        ),
        (
            tuple(
                (f"SHADOWER_TLS_{name}_FILE", __file__)
                for name in ("CERTIFICATE", "KEY", "AUTHORITY")
            ),
            "PEM",
        ),
    ],
    ids=["open port", "half a certificate", "no file", "no certificate"],
)
def test_what_would_be_open_refuses_to_start(
    environment: Environment, extra: tuple[tuple[str, str], ...], said: str
) -> None:
    with started(told(environment, *extra)) as service:
        assert service.process.wait(SECONDS) == 1
        line = service.log.read_text().strip().splitlines()[-1]
        assert line.startswith("agents cannot start: ")
        assert said in line
