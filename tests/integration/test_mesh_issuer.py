"""The mesh issues tokens of its own. Nobody's key signs for another issuer."""

import json
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from shadower.access.v1.access_service_pb2 import RevokeTokenRequest
from shadower.metrics.v1.metrics_service_pb2 import ListMetricsRequest
from shadower.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub

from services.runtime.channels import open_channel
from services.runtime.key_sets import WeakKeyError
from services.runtime.mesh_tokens import mesh_tokens_of
from services.runtime.settings import Settings
from tests.support.access import list_metrics, reason_of, refused_soon
from tests.support.errors import refused
from tests.support.keys import ISSUER, KeyRing
from tests.support.stack import Stack

MESH = "https://mesh.shadower.dev"


def settings(jwks_file: Path) -> Settings:
    key, public = map(jwks_file.with_name, ("mesh-key.json", "mesh-jwks.json"))
    return Settings(
        DATABASE_URL="unused", jwks_file=jwks_file, mesh_key_file=key, mesh_jwks_file=public
    )


async def test_a_service_calls_another_as_itself(
    stack: Stack, jwks_file: Path, workspace: str
) -> None:
    tokens = mesh_tokens_of(settings(jwks_file))
    metadata = tokens.service_token("scheduler", workspace, ["metrics:read"])
    async with open_channel(stack.running["metrics"].address, metadata) as channel:
        stub = MetricsServiceStub(channel)
        assert await stub.ListMetrics(ListMetricsRequest(workspace_id=workspace))
        other = stub.ListMetrics(ListMetricsRequest(workspace_id=f"{workspace}-2"))
        assert (await refused(other)).reason == "WORKSPACE_DENIED"
    token = metadata()["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["sub"], claims["iss"], "role" in claims) == ("scheduler", MESH, False)
    assert claims["exp"] - claims["iat"] == 300
    assert metadata()["authorization"] == f"Bearer {token}"


@pytest.mark.parametrize("signer", ["provider", "mesh"])
async def test_no_key_signs_for_another_issuer(
    stack: Stack, keys: KeyRing, mesh_keys: KeyRing, workspace: str, signer: str
) -> None:
    metrics = stack.stubs.metrics
    ring, other = (keys, mesh_keys) if signer == "provider" else (mesh_keys, keys)
    own_name, other_name = (ISSUER, MESH) if signer == "provider" else (MESH, ISSUER)
    for kid, check in ((ring.kid, "key"), (other.kid, "signature")):
        forged = KeyRing(kid, ring.private).metadata(workspace, iss=other_name)
        found = await refused(list_metrics(metrics, workspace, forged))
        assert (found.code, found.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_INVALID")
        assert found.metadata == {"check": check}
    good = ring.metadata(workspace, iss=own_name)
    assert await reason_of(list_metrics(metrics, workspace, good)) == ""


async def test_a_providers_subject_is_no_api_key(
    stack: Stack, keys: KeyRing, workspace: str
) -> None:
    """Whose key is deleted has nothing to do with who is only called like it."""
    key_id = "api-key:0123456789abcdef01234567"
    await stack.stubs.access.RevokeToken(
        _revoking(workspace, key_id), metadata=keys.metadata(workspace)
    )
    metrics = stack.stubs.metrics
    of_that_id = keys.metadata(workspace, jti=key_id)
    await refused_soon(lambda: list_metrics(metrics, workspace, of_that_id), "TOKEN_REVOKED")
    of_that_name = keys.metadata(workspace, sub=key_id)
    assert await reason_of(list_metrics(metrics, workspace, of_that_name)) == ""


def _revoking(workspace: str, token_id: str) -> Any:
    return RevokeTokenRequest(workspace_id=workspace, token_id=token_id)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "public"])
def test_who_cannot_sign_does_not_start(jwks_file: Path, tmp_path: Path, content: str) -> None:
    ring = KeyRing()
    ring.write_mesh(tmp_path)
    ring.write_jwks(tmp_path / "jwks.json")
    key = tmp_path / "mesh-key.json"
    key.write_text(json.dumps(ring.public()) if content == "public" else content)
    with pytest.raises(WeakKeyError, match="the mesh's key"):
        mesh_tokens_of(settings(tmp_path / "jwks.json"))


def test_the_mesh_and_the_provider_are_two() -> None:
    with pytest.raises(ValueError, match="must differ"):
        Settings(DATABASE_URL="unused", jwks_url="https://unused", jwt_issuer=MESH)
