"""What docs/operations/identity-providers.md says of Keycloak, tried with a real one."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from tests.providers.conftest import AUDIENCE, SCOPE, WORKSPACE, Trusting
from tests.support.stack import ROOT
from tools.keycloak.realm import (
    Realm,
    add_signing_key,
    give_program,
    make_client,
    remove_signing_key,
)

SECRET = uuid4().hex
PATIENCE = 20
PAGE = ROOT / "docs" / "operations" / "identity-providers.md"


def of_ann(realm: Realm, client: str = "console", **more: str) -> str:
    form = {"grant_type": "password", "username": "ann", "password": "ann", **more}
    return str(realm.token(client_id=client, **form)["access_token"])


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


@pytest.fixture(scope="session")
def program(realm: Realm) -> str:
    """The token of one that has a secret, and attributes as people have."""
    client = make_client(realm, "loader", SCOPE, secret=SECRET)
    give_program(realm, client, {"workspace_ids": [WORKSPACE], "role": ["service"]})
    form = {"grant_type": "client_credentials", "client_id": "loader", "client_secret": SECRET}
    return str(realm.token(**form)["access_token"])


def test_it_publishes_what_the_page_says(realm: Realm) -> None:
    found, host = realm.discovery(), realm.keycloak.address
    page = PAGE.read_text()
    for name, told in (
        ("https://HOST/realms/REALM", found["issuer"]),
        ("https://HOST/realms/REALM/protocol/openid-connect/certs", found["jwks_uri"]),
    ):
        assert f"`{name}`" in page
        assert told == name.replace("https://HOST", host).replace("REALM", realm.name)


def test_a_key_for_encryption_lies_beside_those_that_sign(realm: Realm) -> None:
    keys = realm.http.get(realm.discovery()["jwks_uri"]).json()["keys"]
    assert {key["use"] for key in keys} == {"sig", "enc"}


def test_tokens_have_what_is_needed(realm: Realm, program: str) -> None:
    for token, role in ((of_ann(realm), "analyst"), (program, "service")):
        told, head = claims(token), jwt.get_unverified_header(token)
        assert told["iss"] == realm.issuer
        assert AUDIENCE in ([told["aud"]] if isinstance(told["aud"], str) else told["aud"])
        assert told["sub"]
        assert 1 <= len(told["jti"]) <= 256
        assert 0 < told["exp"] - told["iat"] <= 24 * 3600
        assert WORKSPACE in told["workspace_ids"]
        assert isinstance(told["workspace_ids"], list)
        assert told["role"] == role
        assert head["alg"] == "RS256"
        assert head["kid"]


async def test_they_are_let_in_as_far_as_they_go(
    realm: Realm, trusting: Trusting, program: str
) -> None:
    ann = of_ann(realm)
    assert await trusting.status(ann) == 200
    assert await trusting.status(ann, "other") == 200
    assert await trusting.status(program) == 200
    assert await trusting.status(program, "other") == 403
    assert await trusting.status(ann, "third") == 403


async def test_a_token_for_others_is_refused(realm: Realm, trusting: Trusting) -> None:
    """Of a client without the scope: it has no audience of ours."""
    token = of_ann(realm, "elsewhere")
    assert AUDIENCE not in claims(token).get("aud", [])
    assert await trusting.status(token) == 401


async def test_an_id_token_is_no_access_token(realm: Realm, trusting: Trusting) -> None:
    form = {"grant_type": "password", "username": "ann", "password": "ann", "scope": "openid"}
    told = realm.token(client_id="console", **form)
    assert await trusting.status(told["access_token"]) == 200
    assert await trusting.status(told["id_token"]) == 401


def test_nobody_gives_himself_a_workspace(realm: Realm, http: httpx.Client) -> None:
    """Users edit their own profile where Keycloak lets them; these attributes they may not."""
    token = of_ann(realm)
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    own = http.get(f"{realm.issuer}/account", headers=headers)
    content = {
        "username": "ann",
        "email": "ann@example.com",
        "firstName": "ann",
        "lastName": "ann",
        "attributes": {"workspace_ids": ["third"], "role": ["owner"]},
    }
    changed = http.post(f"{realm.issuer}/account", json=content, headers=headers)
    assert own.json()["attributes"]["role"] == ["analyst"]
    assert changed.status_code == 400
    assert {one["field"] for one in changed.json()["errors"]} == {"workspace_ids", "role"}
    told = claims(of_ann(realm))
    assert sorted(told["workspace_ids"]) == sorted([WORKSPACE, "other"])
    assert told["role"] == "analyst"


async def test_keys_are_changed_while_all_runs(realm: Realm, trusting: Trusting) -> None:
    """The new one signs while the old one is still good; then the old one is removed."""
    old = of_ann(realm)
    add_signing_key(realm, priority=1_000)
    new = of_ann(realm)
    kids = [jwt.get_unverified_header(token)["kid"] for token in (old, new)]
    assert kids[0] != kids[1]
    assert await becomes(200, lambda: trusting.status(new))
    assert await trusting.status(old) == 200
    remove_signing_key(realm, kids[0])
    assert await becomes(401, lambda: trusting.status(old))
    assert await trusting.status(new) == 200


async def becomes(wanted: int, status: Callable[[], Any]) -> bool:
    async with asyncio.timeout(PATIENCE):
        while await status() != wanted:  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.2)
    return True
