"""At its own port a service believes nobody but the keys it was given."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from tests.support.errors import Refusal, refused
from tests.support.keys import KeyRing
from tests.support.stack import Environment, Running, Stack, ready, start, stop

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
WORKSPACE = "w"
SECRET = "s" * 32
ALGORITHMS = "SHADOWER_JWT_ALGORITHMS"


def part(content: Any) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def claims(keys: KeyRing) -> dict[str, Any]:
    return jwt.decode(keys.token(WORKSPACE), options={"verify_signature": False})


def unsigned(keys: KeyRing) -> str:
    return f"{part({'alg': 'none', 'kid': keys.kid})}.{part(claims(keys))}."


def hmac_with_public_key(keys: KeyRing, encoding: Encoding, form: PublicFormat) -> str:
    public = keys.private.public_key().public_bytes(encoding, form)
    signed = f"{part({'alg': 'HS256', 'kid': keys.kid})}.{part(claims(keys))}"
    return f"{signed}.{part(hmac.digest(public, signed.encode(), hashlib.sha256))}"


def of_another_key(keys: KeyRing) -> str:
    return KeyRing(keys.kid, Ed25519PrivateKey.generate()).token(WORKSPACE)


def tampered(keys: KeyRing) -> str:
    header, _, signature = keys.token(WORKSPACE).split(".")
    return f"{header}.{part(claims(keys) | {'role': 'owner', 'sub': 'mallory'})}.{signature}"


def with_claims(**changed: Any) -> Any:
    return lambda keys: keys.token(WORKSPACE, **changed)


NOW = int(time.time())
REFUSED = {
    "unsigned": (unsigned, "algorithm"),
    "hmac-pem": (
        lambda k: hmac_with_public_key(k, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "algorithm",
    ),
    "hmac-raw": (lambda k: hmac_with_public_key(k, Encoding.Raw, PublicFormat.Raw), "algorithm"),
    "another-key": (of_another_key, "signature"),
    "tampered": (tampered, "signature"),
    "unknown-kid": (lambda k: KeyRing("other", k.private).token(WORKSPACE), "key"),
    "no-kid": (lambda k: jwt.encode(claims(k), k.private, algorithm="EdDSA"), "key"),
    "audience": (with_claims(aud="other"), "audience"),
    "issuer": (with_claims(iss="https://evil.example"), "issuer"),
    **{f"no-{name}": (with_claims(**{name: None}), "claims") for name in ("exp", "iat", "jti")},
    **{f"no-{name}": (with_claims(**{name: None}), "claims") for name in ("sub", "aud", "iss")},
    "nbf": (with_claims(nbf=NOW + 3600), "not_before"),
    "iat": (with_claims(iat=NOW + 3600), "not_before"),
    "workspaces-text": (with_claims(workspace_ids=WORKSPACE), "workspace_ids"),
    "workspaces-numbers": (with_claims(workspace_ids=[1]), "workspace_ids"),
    "permissions-text": (with_claims(permissions="metrics:read"), "permissions"),
    "subject-surrogate": (with_claims(sub="\ud800"), "subject"),
    "subject-control": (with_claims(sub="a\nb"), "subject"),
    "exp-beyond-time": (with_claims(exp=10**18), None),
    "exp-infinite": (with_claims(exp=float("inf")), None),
    "no-token": (lambda _: "a.b.c", "format"),
    "nested": (lambda _: f"{part(b'[' * 3000)}.e30.x", None),
    "nested-claims": (
        lambda k: f"{part({'alg': 'EdDSA', 'kid': k.kid})}.{part(b'[' * 9000)}.x",
        "format",
    ),
    "64kB": (lambda k: k.token(WORKSPACE, padding="x" * 65_536), None),
}


async def list_metrics(service: Running, *metadata: tuple[str, str]) -> Any:
    async with service.channel() as channel:
        request = ListMetricsRequest(workspace_id=WORKSPACE)
        return await MetricsServiceStub(channel).ListMetrics(request, metadata=metadata, timeout=20)


async def refusal_of(stack: Stack, *metadata: tuple[str, str]) -> Refusal:
    return await refused(list_metrics(stack.running["metrics"], *metadata))


@pytest.mark.parametrize("name", REFUSED)
async def test_a_bad_token_is_refused(stack: Stack, keys: KeyRing, name: str) -> None:
    token, check = REFUSED[name]
    found = await refusal_of(stack, ("authorization", f"Bearer {token(keys)}"))
    assert (found.code, found.reason) == (UNAUTHENTICATED, "TOKEN_INVALID")
    assert check in (None, found.metadata["check"])
    assert await list_metrics(stack.running["metrics"], *keys.metadata(WORKSPACE))


@pytest.mark.parametrize("exp", [NOW - 3600, NOW - 1, 0], ids=["hour", "second", "epoch"])
async def test_an_expired_token_is_refused(stack: Stack, keys: KeyRing, exp: int) -> None:
    found = await refusal_of(stack, *keys.metadata(WORKSPACE, exp=exp))
    assert (found.code, found.reason) == (UNAUTHENTICATED, "TOKEN_EXPIRED")


async def test_a_token_that_was_good_is_refused_once_it_has_expired(
    stack: Stack, keys: KeyRing
) -> None:
    metadata = keys.metadata(WORKSPACE, exp=int(time.time()) + 2)
    assert await list_metrics(stack.running["metrics"], *metadata)
    await asyncio.sleep(3)
    found = await refusal_of(stack, *metadata)
    assert (found.code, found.reason) == (UNAUTHENTICATED, "TOKEN_EXPIRED")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic dTpw", "{token}"])
async def test_a_call_without_a_token_is_refused(
    stack: Stack, keys: KeyRing, header: str | None
) -> None:
    text = (header or "").format(token=keys.token(WORKSPACE))
    found = await refusal_of(stack, *([] if header is None else [("authorization", text)]))
    assert (found.code, found.reason) == (UNAUTHENTICATED, "TOKEN_MISSING")


def oct_key(secret: str) -> dict[str, Any]:
    return {"kty": "oct", "kid": "s", "alg": "HS256", "k": part(secret.encode())}


def ec_key(curve: ec.EllipticCurve) -> tuple[ec.EllipticCurvePrivateKey, dict[str, Any]]:
    private = ec.generate_private_key(curve)
    return private, json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))


def environment(tmp_path: Path, jwks: str | None, *extra: tuple[str, str]) -> Environment:
    path = tmp_path / "jwks.json"
    if jwks is not None:
        path.write_text(jwks)
    return Environment("postgresql://nobody@127.0.0.1:1/none", path, tmp_path, extra)


HS256 = (ALGORITHMS, '["HS256"]')
RSA = {"kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB"}
WEAK: dict[str, tuple[str | None, tuple[tuple[str, str], ...]]] = {
    "missing": (None, ()),
    "empty-file": ("", ()),
    "not-json": ("{", ()),
    "a-list": ("[]", ()),
    "no-keys": ('{"keys": []}', ()),
    "no-kid": (json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}]}), ()),
    "broken-key": ('{"keys": [{"kty": "OKP", "kid": "k", "crv": "Ed25519", "x": "AA"}]}', ()),
    "rsa": (json.dumps({"keys": [RSA]}), ()),
    "p-384": (json.dumps({"keys": [{"kid": "e", **ec_key(ec.SECP384R1())[1]}]}), ()),
    "hs256-unchosen": (json.dumps({"keys": [oct_key(SECRET)]}), ()),
    "hs256-short": (json.dumps({"keys": [oct_key(SECRET[1:])]}), (HS256,)),
    "algorithm": (json.dumps({"keys": [oct_key(SECRET)]}), ((ALGORITHMS, '["none"]'),)),
    "wrong-setting": (json.dumps({"keys": [oct_key(SECRET)]}), (("SHADOWER_POOL_SIZE", "many"),)),
}


@pytest.mark.parametrize("name", WEAK)
async def test_a_process_with_weak_keys_refuses_to_start(tmp_path: Path, name: str) -> None:
    jwks, extra = WEAK[name]
    service = start("metrics", environment(tmp_path, jwks, *extra))
    try:
        assert await asyncio.to_thread(service.process.wait, 20) != 0
    finally:
        service.process.kill()
    lines = [line for line in service.log.read_text().splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].startswith("metrics cannot start: ")
    assert SECRET[1:] not in lines[0]


@pytest.mark.parametrize("kind", ["HS256", "ES256"])
async def test_other_signatures_work_by_choice(
    stack: Stack, keys: KeyRing, tmp_path: Path, kind: str
) -> None:
    private, entry = ec_key(ec.SECP256R1())
    key, entry = (private, entry | {"kid": "s"}) if kind == "ES256" else (SECRET, oct_key(SECRET))
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [entry]}))
    extra = () if kind == "ES256" else (HS256,)
    service = start(
        "metrics",
        Environment(stack.database_url, tmp_path / "jwks.json", tmp_path, extra),
    )
    try:
        await ready(service)
        token = jwt.encode(claims(keys), key, algorithm=kind, headers={"kid": "s"})
        assert (await list_metrics(service, ("authorization", f"Bearer {token}"))).metrics
        found = await refused(list_metrics(service, *keys.metadata(WORKSPACE)))
        assert (found.code, found.reason) == (UNAUTHENTICATED, "TOKEN_INVALID")
    finally:
        stop(service)
