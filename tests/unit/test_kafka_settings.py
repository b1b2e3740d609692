"""What a process refuses to believe about Kafka: each refusal names the setting."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from services.runtime.kafka_access import access_to
from services.runtime.kafka_settings import KafkaSettings
from tools.certificates import Authority

PASSWORD = "correct horse"
SASL: dict[str, Any] = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "shadower",
    "KAFKA_SASL_PASSWORD": PASSWORD,
}
WITHOUT_ONE = [name for name in SASL if name != "KAFKA_SECURITY_PROTOCOL"]


def said_of(told: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as refused:
        KafkaSettings(**told)
    [error] = refused.value.errors(include_input=False, include_url=False)
    return ".".join(map(str, error["loc"])) + error["msg"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Any]:
    authority = Authority()
    chain, key = authority.issue(tmp_path)
    return {
        "KAFKA_SECURITY_PROTOCOL": "SSL",
        "KAFKA_SSL_CA_FILE": authority.write(tmp_path),
        "KAFKA_SSL_CERTIFICATE_FILE": chain,
        "KAFKA_SSL_KEY_FILE": key,
    }


def test_in_plain_a_client_is_told_of_brokers_alone() -> None:
    assert access_to(KafkaSettings(KAFKA_BROKERS="a:1,b:2")) == {
        "bootstrap_servers": "a:1,b:2",
        "security_protocol": "PLAINTEXT",
    }


@pytest.mark.parametrize("missing", WITHOUT_ONE)
def test_a_user_is_told_whole(missing: str) -> None:
    assert missing in said_of({name: value for name, value in SASL.items() if name != missing})


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
def test_a_user_is_of_no_use_where_there_are_none(protocol: str) -> None:
    assert "KAFKA_SASL_MECHANISM" in said_of({**SASL, "KAFKA_SECURITY_PROTOCOL": protocol})


def test_one_password_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    told = {**SASL, "KAFKA_SASL_PASSWORD_FILE": file}
    assert "KAFKA_SASL_PASSWORD_FILE" in said_of(told)
    del told["KAFKA_SASL_PASSWORD"]
    assert access_to(KafkaSettings(**told))["sasl_plain_password"] == PASSWORD
    file.write_text("\n")
    assert "KAFKA_SASL_PASSWORD_FILE" in said_of(told)


def test_a_password_is_in_no_description_of_its_settings() -> None:
    assert PASSWORD not in repr(KafkaSettings(**SASL))


@pytest.mark.parametrize("mechanism", ["GSSAPI", "scram-sha-512"])
def test_only_known_mechanisms_count(mechanism: str) -> None:
    assert "KAFKA_SASL_MECHANISM" in said_of({**SASL, "KAFKA_SASL_MECHANISM": mechanism})


def test_files_are_of_no_use_in_plain(files: dict[str, Any]) -> None:
    del files["KAFKA_SECURITY_PROTOCOL"]
    assert "KAFKA_SSL_CA_FILE" in said_of(files)
    del files["KAFKA_SSL_CA_FILE"]
    assert "KAFKA_SSL_CERTIFICATE_FILE" in said_of(files)


def test_a_certificate_and_its_key_go_together(files: dict[str, Any], tmp_path: Path) -> None:
    alone = {name: value for name, value in files.items() if name != "KAFKA_SSL_KEY_FILE"}
    assert "KAFKA_SSL_KEY_FILE" in said_of(alone)
    (tmp_path / "other").mkdir()
    _, of_another = Authority().issue(tmp_path / "other")
    assert "KAFKA_SSL_KEY_FILE" in said_of({**files, "KAFKA_SSL_KEY_FILE": of_another})


@pytest.mark.parametrize("name", ["CA", "CERTIFICATE", "KEY"])
def test_a_file_that_is_not_there_or_is_something_else_is_named(
    files: dict[str, Any], tmp_path: Path, name: str
) -> None:
    setting = f"KAFKA_SSL_{name}_FILE"
    assert setting in said_of({**files, setting: tmp_path / "missing"})
    files[setting].write_text("none")
    assert setting in said_of(files)


def test_where_the_system_trusts_nobody_authorities_are_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = {"KAFKA_SECURITY_PROTOCOL": "SSL"}
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert "KAFKA_SSL_CA_FILE" in said_of(told)
    (tmp_path / "0.pem").touch()
    assert KafkaSettings(**told).kafka_has_tls


def test_connections_show_the_certificate_that_is_there_then(
    files: dict[str, Any], tmp_path: Path
) -> None:
    """Clients live longer than certificates; while files are replaced, the old ones count."""
    context = access_to(KafkaSettings(**files))["ssl_context"]
    before = context._renewed()
    files["KAFKA_SSL_KEY_FILE"].write_text("half of")
    assert context._renewed() is before
    Authority().issue(tmp_path)
    assert context._renewed() is not before
