"""The edge over TLS, and the edge before services that want a certificate."""

import asyncio
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from cli.edge.model import Certificate, EdgeModel, Mutual, Upstream
from tests.support.edge import Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import SUMMARY
from tests.support.stack import SERVICES, Environment, Stack, start, stop
from tests.support.waiting import until
from tools.certificates import SERVER_NAME, Authority


def shown_by(edge: Edge, authority: Path, version: ssl.TLSVersion) -> tuple[int, str]:
    """The serial number of the edge's certificate, and the protocol that was agreed on."""
    context = ssl.create_default_context(cafile=str(authority))
    # So that it is the edge that refuses an old version.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", edge.model.port), 5) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as encrypted,
    ):
        encoded = encrypted.getpeercert(binary_form=True)
        assert encoded is not None
        serial = x509.load_der_x509_certificate(encoded).serial_number
        return serial, str(encrypted.selected_alpn_protocol())


async def test_callers_are_served_over_tls_and_certificates_are_renewed(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend, tmp_path: Path
) -> None:
    authority = Authority()
    trusted = authority.write(tmp_path)
    encrypted = replace(model, certificate=Certificate(*authority.issue(tmp_path)))
    async with running_edge(folder, encrypted, edge_keys, trusted) as edge:
        assert (await edge.rest.get(SUMMARY)).status_code == 200
        before, protocol = shown_by(edge, trusted, ssl.TLSVersion.TLSv1_3)
        assert protocol == "h2"
        assert shown_by(edge, trusted, ssl.TLSVersion.TLSv1_2)[0] == before
        old = (pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises(ssl.SSLError))
        with old[0], old[1] as refused:
            shown_by(edge, trusted, ssl.TLSVersion.TLSv1_1)
        assert refused.value.reason == "TLSV1_ALERT_PROTOCOL_VERSION"
        with pytest.raises(httpx.TransportError):
            await edge.anonymous.get(f"http://127.0.0.1:{edge.model.port}{SUMMARY}")
        authority.issue(tmp_path)

        async def is_renewed() -> bool:
            return shown_by(edge, trusted, ssl.TLSVersion.TLSv1_3)[0] != before

        await until(is_renewed)


async def test_the_edge_shows_services_its_certificate(
    stack: Stack, jwks_file: Path, model: EdgeModel, edge_keys: Keys, tmp_path: Path
) -> None:
    authority = Authority()
    trusted = authority.write(tmp_path)
    certificate = Certificate(*authority.issue(tmp_path))
    settings = (
        ("SHADOWER_TLS_CERTIFICATE_FILE", str(certificate.chain)),
        ("SHADOWER_TLS_KEY_FILE", str(certificate.key)),
        ("SHADOWER_TLS_AUTHORITY_FILE", str(trusted)),
    )
    service = start("agents", Environment(stack.database_url, jwks_file, tmp_path, settings))
    upstream = Upstream(SERVICES["agents"], (service.address,))
    behind = replace(model, upstreams=(upstream,), mutual=Mutual(certificate, trusted, SERVER_NAME))
    try:
        async with running_edge(tmp_path, behind, edge_keys) as edge:

            async def is_serving() -> bool:
                return (await edge.anonymous.get("/health")).status_code == 200

            await until(is_serving)
        other = replace(behind, mutual=Mutual(certificate, trusted, "somebody.else"))
        async with running_edge(tmp_path, other, edge_keys) as edge:
            await asyncio.sleep(1)
            assert (await edge.anonymous.get("/health")).status_code == 503
    finally:
        stop(service)
