"""Tokens of the command line, judged by the services' own verifier and by RFC 7638's example."""

import asyncio
import json
import stat
from datetime import UTC, datetime, timedelta
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import jwt
import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from cli.durations import parse_duration
from cli.failures import CommandError, UsageError
from cli.home import Home
from cli.tokens.keys import ensured_key, jwks_file, signing_key_file, thumbprint
from cli.tokens.signing import ROLES, Issuer, token_source
from services.runtime.contract import role_grants
from services.runtime.identity import TokenVerifier
from services.runtime.settings import Settings
from tests.support.verifying import verifier_of


def printed_token(home: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["token", "--home", str(home), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def verifier(home: Path) -> TokenVerifier:
    settings: dict[str, Any] = {
        "DATABASE_URL": "postgresql://unused",
        "jwks_file": home / "keys" / "jwks.json",
    }
    return asyncio.run(verifier_of(Settings(**settings)))


def claims(token: str) -> dict[str, Any]:
    content: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return content


def test_a_token_passes_the_services_check(tmp_path: Path) -> None:
    token = printed_token(tmp_path, "-w", "demo", "-w", "other", "--role", "analyst")
    principal = verifier(tmp_path).verify(token)
    assert principal.workspace_ids == {"demo", "other"}
    assert principal.permissions == role_grants()["analyst"]


def test_a_token_has_every_claim_and_lives_half_an_hour_by_default(tmp_path: Path) -> None:
    found = claims(printed_token(tmp_path, "-w", "demo", "--subject", "ada", "--email", "a@b.c"))
    assert found["exp"] - found["iat"] == 30 * 60
    assert abs(datetime.fromtimestamp(found["iat"], UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    assert {key: found[key] for key in ("sub", "email", "role", "permissions")} == {
        "sub": "ada",
        "email": "a@b.c",
        "role": "owner",
        "permissions": [],
    }
    assert len(found["jti"]) >= 16


def test_each_token_is_another(tmp_path: Path) -> None:
    tokens = {claims(printed_token(tmp_path, "-w", "demo"))["jti"] for _ in range(3)}
    assert len(tokens) == 3


def test_the_private_key_stays_with_its_owner(tmp_path: Path) -> None:
    printed_token(tmp_path, "-w", "demo")
    home = Home.at(tmp_path)
    assert stat.S_IMODE(signing_key_file(home).stat().st_mode) == 0o600
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    published = json.loads(jwks_file(home).read_text())["keys"]
    assert [set(key) for key in published] == [{"kty", "crv", "x", "kid", "alg", "use"}]


def test_keys_are_made_once_even_by_several_at_once(tmp_path: Path) -> None:
    with ThreadPool(8) as pool:
        keys = pool.map(lambda _: ensured_key(Home.at(tmp_path)).kid, range(8))
    assert len(set(keys)) == 1


def test_a_key_is_named_by_its_thumbprint() -> None:
    # RFC 8037, appendix A.3: the thumbprint of its example key.
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert thumbprint(jwk) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_issuer_audience_and_roles_are_those_of_the_services() -> None:
    fields = Settings.model_fields
    assert Issuer() == Issuer(fields["jwt_issuer"].default, fields["jwt_audience"].default)
    assert set(ROLES) == set(role_grants())


def test_loading_without_a_key_asks_for_a_token(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--token-file"):
        token_source(Home.at(tmp_path), None, "demo")
    assert token_source(Home.at(tmp_path), "given", "demo")() == "given"


@pytest.mark.parametrize(
    "arguments", [("-w", "a/b"), ("-w", "demo", "--role", "king"), ("-w", "demo", "--ttl", "0s")]
)
def test_a_wrong_call_is_a_usage_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["token", "--home", str(tmp_path), *arguments])
    assert result.exit_code == 2
    assert result.stderr.startswith("shadower: ")


def test_durations() -> None:
    assert parse_duration("90s") == timedelta(seconds=90)
    assert parse_duration("12h") == timedelta(hours=12)
    for wrong in ("", "0d", "5", "1w", "-3m"):
        with pytest.raises(UsageError):
            parse_duration(wrong)


def test_a_token_that_services_would_refuse_is_not_signed(tmp_path: Path) -> None:
    arguments = ["token", "--home", str(tmp_path), "-w", "demo", "--ttl"]
    assert CliRunner().invoke(app, [*arguments, "24h"]).exit_code == 0
    refused = CliRunner().invoke(app, [*arguments, "25h"])
    assert refused.exit_code != 0
