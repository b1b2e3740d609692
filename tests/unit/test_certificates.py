"""Until when a certificate holds, also while its files are replaced one after the other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.runtime.certificate import Certificate
from services.runtime.pem_files import Validity
from services.runtime.telemetry.instruments import measuring
from services.upkeep.looking import UNREACHABLE, _ask
from tests.support.bus import settings_of
from tools.certificates import LIFE, Authority

MOMENT = timedelta(seconds=90)


@pytest.fixture
def authority() -> Authority:
    return Authority()


@pytest.fixture
def certificate(authority: Authority, tmp_path: Path) -> Certificate:
    trusted = authority.write(tmp_path)
    return Certificate(*authority.issue(tmp_path), trusted)


def is_about(until: datetime, life: timedelta) -> bool:
    return abs(until - datetime.now(UTC) - life) < MOMENT


def test_files_that_do_not_belong_together_leave_what_was_whole(
    authority: Authority, certificate: Certificate, tmp_path: Path
) -> None:
    validity = Validity(certificate)
    assert is_about(validity.until(), LIFE)
    key, chain = certificate.key.read_bytes(), certificate.chain.read_bytes()
    authority.issue(tmp_path, life=LIFE / 2)
    renewed = certificate.key.read_bytes()
    certificate.key.write_bytes(key)
    assert (validity.trouble(), is_about(validity.until(), LIFE)) == ("", True)
    certificate.key.write_bytes(renewed)
    assert is_about(validity.until(), LIFE / 2)
    certificate.chain.write_bytes(chain[:100])
    assert (validity.trouble(), is_about(validity.until(), LIFE / 2)) == ("", True)
    certificate.authority.unlink()
    assert validity.trouble() == ""


def test_only_what_has_expired_is_trouble(
    authority: Authority, certificate: Certificate, tmp_path: Path
) -> None:
    validity = Validity(certificate)
    assert validity.trouble() == ""
    authority.issue(tmp_path, life=-MOMENT)
    assert validity.trouble().startswith("the mesh certificate expired at ")
    certificate.key.unlink()
    assert validity.trouble().startswith("the mesh certificate expired at ")


@pytest.mark.parametrize("file", ["chain", "key", "authority"])
def test_what_is_no_certificate_is_of_no_use(certificate: Certificate, file: str) -> None:
    getattr(certificate, file).write_text("-----BEGIN CERTIFICATE-----\nnone\n")
    with pytest.raises(OSError):  # noqa: PT011 - the words are those of OpenSSL
        certificate.expires_at()
    assert Validity(certificate).trouble().startswith("the mesh certificate cannot be read: ")


def test_the_metric_tells_of_the_authority_too(
    authority: Authority, certificate: Certificate, tmp_path: Path
) -> None:
    """It is what readiness goes by, so that somebody is told before nobody serves."""
    authority.issue(tmp_path, life=3 * LIFE)
    files: Any = {
        "tls_certificate_file": certificate.chain,
        "tls_key_file": certificate.key,
        "tls_authority_file": certificate.authority,
    }
    with measuring(settings_of("postgresql://unused", **files), "test") as opened:
        [(_, until)] = opened.looked_at("shadower.tls.certificate.expires")
        assert is_about(datetime.fromtimestamp(until, UTC), LIFE)


async def test_who_cannot_show_a_certificate_reaches_nobody(certificate: Certificate) -> None:
    certificate.key.unlink()
    seen = await _ask("service", "127.0.0.1:1", certificate)
    assert seen.state == UNREACHABLE
    assert "certificate" in seen.reason
