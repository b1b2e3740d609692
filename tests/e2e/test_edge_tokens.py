"""Tokens at the edge: which are refused, and which go on to the services."""

import base64
import hmac
import json
import time
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from jwt.algorithms import HMACAlgorithm

from cli.edge.model import EdgeModel, Issuer
from tests.support.edge import AUDIENCE, ISSUER, Edge, Keys, running_edge
from tests.support.edge_backend import Backend
from tests.support.edge_calls import SUMMARY, GetMetrics, assert_refused, grpc_refusal, metrics_of


def refused_tokens(keys: Keys) -> dict[str, tuple[str, str]]:
    good = keys.token()
    return {
        "unknown key": (keys.token(key=Keys().eddsa), "TOKEN_INVALID"),
        "public key as secret": (_signed_with_the_public_key(keys), "TOKEN_INVALID"),
        "unsigned": (_unsigned(keys), "TOKEN_INVALID"),
        "changed": (good[:-8] + "AAAAAAAA", "TOKEN_INVALID"),
        "not a token": ("nonsense", "TOKEN_INVALID"),
        "other issuer": (keys.token(iss="https://evil.test"), "TOKEN_INVALID"),
        "no issuer": (keys.token(iss=None), "TOKEN_INVALID"),
        "other audience": (keys.token(aud="else"), "TOKEN_INVALID"),
        "no audience": (keys.token(aud=None), "TOKEN_INVALID"),
        "no expiry": (keys.token(exp=None), "TOKEN_INVALID"),
        "expired": (keys.token(exp=time.time() - 30), "TOKEN_EXPIRED"),
        "not yet": (keys.token(nbf=time.time() + 60), "TOKEN_INVALID"),
    }


def _unsigned(keys: Keys) -> str:
    header = _base64(b'{"alg":"none","kid":"eddsa"}')
    return f"{header}.{keys.token().split('.')[1]}."


def _signed_with_the_public_key(keys: Keys) -> str:
    header = _base64(b'{"alg":"HS256","kid":"eddsa"}')
    signed = f"{header}.{keys.token().split('.')[1]}"
    mac = hmac.digest(keys.eddsa.public_key().public_bytes_raw(), signed.encode(), "sha256")
    return f"{signed}.{_base64(mac)}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


async def test_tokens_that_are_refused(edge: Edge, backend: Backend) -> None:
    before = len(backend.messages)
    for case, (token, reason) in refused_tokens(edge.keys).items():
        headers = {"authorization": f"Bearer {token}"}
        reply = await edge.anonymous.get(SUMMARY, headers=headers)
        assert reply.status_code == 401, case
        assert_refused(reply, 401, 16, reason)
        call = metrics_of(edge).GetMetrics(
            GetMetrics(workspace_id="acme"), metadata=tuple(headers.items())
        )
        assert (await grpc_refusal(call)).code() == grpc.StatusCode.UNAUTHENTICATED, case
    assert len(backend.messages) == before


@pytest.mark.parametrize("headers", [{}, {"authorization": "Basic eDp5"}])
async def test_a_missing_token(edge: Edge, headers: dict[str, str]) -> None:
    reply = await edge.anonymous.get(SUMMARY, headers=headers)
    assert_refused(reply, 401, 16, "TOKEN_MISSING")


async def test_a_token_in_the_query_is_not_looked_at(edge: Edge) -> None:
    reply = await edge.anonymous.get(f"{SUMMARY}?access_token={edge.keys.token()}")
    assert_refused(reply, 401, 16, "TOKEN_MISSING")


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
async def test_a_good_token_goes_on_to_the_service(
    edge: Edge, backend: Backend, algorithm: str
) -> None:
    for scheme in ("Bearer", "bearer"):
        bearer = f"{scheme} {edge.keys.token(algorithm)}"
        reply = await edge.anonymous.get(SUMMARY, headers={"authorization": bearer})
        assert reply.status_code == 200, reply.text
        assert backend.metadata["authorization"] == bearer


async def test_a_shared_secret_only_by_choice(
    folder: Path, model: EdgeModel, edge_keys: Keys, backend: Backend
) -> None:
    secret = b"s" * 32
    jwk = HMACAlgorithm.to_jwk(secret, as_dict=True) | {"kid": "hs256"}
    issuer = Issuer(ISSUER, AUDIENCE, json.dumps({"keys": [jwk]}))
    chosen = replace(model, issuers=(issuer,), algorithms=("HS256",))
    async with running_edge(folder, chosen, edge_keys) as edge:
        bearer = f"Bearer {edge_keys.token('HS256', key=secret)}"
        accepted = await edge.anonymous.get(SUMMARY, headers={"authorization": bearer})
        assert accepted.status_code == 200, accepted.text
        assert (await edge.rest.get(SUMMARY)).status_code == 401
