"""Attacks by tokens, and by the lack of one."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from jwt.algorithms import HMACAlgorithm

from cli.edge.model import EdgeModel, Issuer
from cli.edge.rendering import write_authentication
from tests.security.attacks import (
    USUAL,
    Attack,
    Setting,
    Target,
    Trial,
    status_of,
    was_refused,
)
from tests.support.edge import AUDIENCE, ISSUER, Keys
from tests.support.edge_calls import SUMMARY
from tests.support.edge_mutation import Configuration
from tests.support.waiting import until

TRIES = 30


def by(token: Callable[[Keys], str]) -> Trial:
    async def trial(target: Target) -> bool:
        return was_refused(await _status(target, token(target.edge.keys)), 401)

    return trial


async def _status(target: Target, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    return (await target.edge.anonymous.get(SUMMARY, headers=headers)).status_code


def unsigned(keys: Keys) -> str:
    return f"{_part({'alg': 'none', 'kid': 'eddsa'})}.{_claims(keys)}."


def public_key_as_secret(keys: Keys) -> str:
    signed = f"{_part({'alg': 'HS256', 'kid': 'eddsa'})}.{_claims(keys)}"
    return f"{signed}.{_base64(hmac.digest(_public(keys), signed.encode(), 'sha256'))}"


def _claims(keys: Keys) -> str:
    return keys.token().split(".")[1]


def _public(keys: Keys) -> bytes:
    return keys.eddsa.public_key().public_bytes_raw()


def _part(content: dict[str, str]) -> str:
    return _base64(json.dumps(content).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def without(target: Target) -> bool:
    return was_refused((await target.edge.anonymous.get(SUMMARY)).status_code, 401)


async def in_the_query(target: Target) -> bool:
    path = f"{SUMMARY}?access_token={target.edge.keys.token()}"
    # What gets through is refused further in, as a parameter that nobody knows.
    return was_refused((await target.edge.anonymous.get(path)).status_code, 401, through=(400,))


async def without_at_graphql(target: Target) -> bool:
    reply = await target.edge.anonymous.post("/graphql", json={"query": "{__typename}"})
    return was_refused(reply.status_code, 401)


async def a_bad_key_beside_a_good_token(target: Target) -> bool:
    return was_refused(await status_of(target, SUMMARY, **{"x-api-key": "shk_nobody"}), 401)


async def a_key_for_which_there_is_no_token(target: Target) -> bool:
    """Who knows keys cannot let anybody in but by a token, which is judged like any other."""
    target.insides.is_careless = True
    reply = await target.edge.anonymous.get(SUMMARY, headers={"x-api-key": "shk_nobody"})
    target.insides.is_careless = False
    return was_refused(reply.status_code, 401)


async def by_a_key_that_was_removed_from_the_file(target: Target) -> bool:
    edge = target.edge
    assert await _status(target, edge.keys.token()) == 200
    others = Issuer(ISSUER, AUDIENCE, Keys().jwks())
    write_authentication(replace(edge.model, issuers=(others,)), edge.configuration.parent)
    for _ in range(TRIES):
        if await _status(target, edge.keys.token()) == 401:
            return True
        await asyncio.sleep(0.1)
    return False


async def by_a_key_that_is_not_published_any_more(target: Target) -> bool:
    seen, new = target.edge.keys.token(), Keys(prefix="new-")
    assert await _status(target, seen) == 200
    async with _published(target, new):

        async def are_known() -> bool:
            return await _status(target, new.token()) == 200

        await until(are_known)
        return was_refused(await _status(target, seen), 401)


@asynccontextmanager
async def _published(target: Target, keys: Keys) -> AsyncIterator[None]:
    before, target.insides.jwks = target.insides.jwks, keys.jwks()
    try:
        yield
    finally:
        target.insides.jwks = before


def _fetched(model: EdgeModel) -> EdgeModel:
    """Its keys are published, and fetched again each second."""
    assert model.web
    address = f"http://{model.web.addresses[0]}/jwks.json"
    return replace(model, issuers=(Issuer(ISSUER, AUDIENCE, address),), keys_seconds=6)


FILE_CHANGES = Setting("keys in a file change")
FETCHED = Setting("keys are fetched", _fetched)


def asks_for_no_token(configuration: Configuration) -> None:
    configuration.tokens["rules"] = []


def takes_the_public_key_for_a_secret(configuration: Configuration) -> None:
    keys = json.loads(configuration.provider["local_jwks"]["inline_string"])
    [public] = [key["x"] for key in keys["keys"] if key["kid"] == "eddsa"]
    secret = HMACAlgorithm.to_jwk(base64.urlsafe_b64decode(public + "="), as_dict=True)
    keys["keys"].insert(0, {**secret, "kid": "eddsa", "alg": "HS256"})
    configuration.provider["local_jwks"]["inline_string"] = json.dumps(keys)


def believes_any_issuer(configuration: Configuration) -> None:
    del configuration.provider["issuer"]


def is_any_audience(configuration: Configuration) -> None:
    del configuration.provider["audiences"]


def has_no_clock(configuration: Configuration) -> None:
    configuration.provider["clock_skew_seconds"] = 86_400


def takes_tokens_for_ever(configuration: Configuration) -> None:
    configuration.provider["require_expiration"] = False


def looks_for_tokens_everywhere(configuration: Configuration) -> None:
    del configuration.provider["from_headers"]


def asks_nobody_about_keys(configuration: Configuration) -> None:
    filters = configuration.manager["http_filters"]
    filters[:] = [one for one in filters if one["name"] != "api-keys"]


def takes_graphql_for_a_socket(configuration: Configuration) -> None:
    for rule in configuration.tokens["rules"]:
        rule["match"].pop("headers", None)


def never_reads_keys_again(configuration: Configuration) -> None:
    filters = configuration.manager["http_filters"]
    [read] = [one for one in filters if one["name"].endswith("jwt_authn")]
    del read["config_discovery"]
    read["typed_config"] = configuration.tokens


def remembers_tokens(configuration: Configuration) -> None:
    configuration.provider["jwt_cache_config"] = {"jwt_cache_size": 100}


def _by(
    name: str, token: Callable[[Keys], str], mutation: Callable[[Configuration], None]
) -> Attack:
    return Attack(name, by(token), mutation, USUAL)


ATTACKS = (
    Attack("no token", without, asks_for_no_token, USUAL),
    _by("an unsigned token", unsigned, asks_for_no_token),
    _by("a stranger's signature", lambda k: k.token(key=Keys().eddsa), asks_for_no_token),
    _by("a key by another prefix", lambda _: "SHK_nobody", asks_for_no_token),
    Attack(
        "a key for which there is no token",
        a_key_for_which_there_is_no_token,
        asks_for_no_token,
        USUAL,
    ),
    Attack(
        "a bad key beside a good token",
        a_bad_key_beside_a_good_token,
        asks_nobody_about_keys,
        USUAL,
    ),
    _by("the public key as secret", public_key_as_secret, takes_the_public_key_for_a_secret),
    _by("another issuer", lambda k: k.token(iss="https://evil.test"), believes_any_issuer),
    _by("no issuer", lambda k: k.token(iss=None), believes_any_issuer),
    _by("another audience", lambda k: k.token(aud="else"), is_any_audience),
    _by("no audience", lambda k: k.token(aud=None), is_any_audience),
    _by("an expired token", lambda k: k.token(exp=time.time() - 30), has_no_clock),
    _by("a token for later", lambda k: k.token(nbf=time.time() + 60), has_no_clock),
    _by("a token without end", lambda k: k.token(exp=None), takes_tokens_for_ever),
    Attack("a token in the query", in_the_query, looks_for_tokens_everywhere, USUAL),
    Attack("no token at GraphQL", without_at_graphql, takes_graphql_for_a_socket, USUAL),
    Attack(
        "a key that the file has no more",
        by_a_key_that_was_removed_from_the_file,
        never_reads_keys_again,
        FILE_CHANGES,
    ),
    Attack(
        "a key that is published no more",
        by_a_key_that_is_not_published_any_more,
        remembers_tokens,
        FETCHED,
    ),
)
