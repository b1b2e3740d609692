"""The configuration of the edge: what Envoy accepts and what is never rendered."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm

from cli.edge import EdgeModel, UnsafeKeyError, Upstream, envoy_path, render
from tests.support.edge import Keys
from tests.support.edge_backend import SERVICES


async def test_envoy_accepts_the_configuration_without_a_warning(
    folder: Path, model: EdgeModel
) -> None:
    for environment in ("development", "production"):
        config = folder / f"{environment}.yaml"
        config.write_text(render(replace(model, environment=environment)))
        process = await asyncio.create_subprocess_exec(
            envoy_path(), "--mode", "validate", "-c", str(config), "--log-level", "warn",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
        assert b"[warning]" not in output, output.decode()


def test_a_service_outside_the_contract_is_refused(model: EdgeModel) -> None:
    with pytest.raises(KeyError):
        render(replace(model, upstreams=(Upstream("shadower.no.v1.NoService", ("a:1",)),)))


def test_names_are_resolved_and_addresses_are_not(model: EdgeModel) -> None:
    named = replace(model, upstreams=(Upstream(SERVICES[0], ("agents.mesh:50051",)),))
    assert "type: STRICT_DNS" in render(named)
    assert "type: STATIC" in render(model)


def test_keys_that_are_private_or_of_another_algorithm_are_refused(
    model: EdgeModel, edge_keys: Keys
) -> None:
    private = OKPAlgorithm.to_jwk(edge_keys.eddsa, as_dict=True)
    ec_key = ECAlgorithm.to_jwk(edge_keys.es256.public_key(), as_dict=True)
    shared = HMACAlgorithm.to_jwk(b"s" * 32, as_dict=True)
    for key in (private, shared, {**ec_key, "alg": "ES384"}, {"kty": "RSA"}):
        with pytest.raises(UnsafeKeyError):
            render(replace(model, jwks=json.dumps({"keys": [key]})))
    with pytest.raises(UnsafeKeyError):
        render(replace(model, jwks='{"keys": []}'))
