"""The configuration of the edge: what Envoy accepts and what is never rendered."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, OKPAlgorithm

from cli.edge.model import EdgeModel, Issuer, Upstream
from cli.edge.rendering import render, write_configuration
from services.runtime.key_sets import WeakKeyError
from tests.support.edge import AUDIENCE, ISSUER, Keys
from tests.support.edge_backend import SERVICES


def test_a_service_outside_the_contract_is_refused(model: EdgeModel, tmp_path: Path) -> None:
    unknown = replace(model, upstreams=(Upstream("shadower.no.v1.NoService", ("a:1",)),))
    with pytest.raises(KeyError):
        write_configuration(unknown, tmp_path)


def test_names_are_resolved_and_addresses_are_not(model: EdgeModel, tmp_path: Path) -> None:
    named = replace(model, upstreams=(Upstream(SERVICES[0], ("agents.mesh:50051",)),))
    assert "clusters.dns.v3.DnsCluster" in render(named, tmp_path)
    assert "clusters.dns.v3.DnsCluster" not in render(model, tmp_path)


def test_keys_that_are_private_or_of_another_algorithm_are_refused(
    model: EdgeModel, edge_keys: Keys, tmp_path: Path
) -> None:
    private = OKPAlgorithm.to_jwk(edge_keys.eddsa, as_dict=True)
    ec_key = ECAlgorithm.to_jwk(edge_keys.es256.public_key(), as_dict=True)
    shared = HMACAlgorithm.to_jwk(b"s" * 32, as_dict=True)
    other = {**ec_key, "alg": "ES384"}
    for keys in ([private], [shared], [other], [{"kty": "RSA", "crv": "P-256"}], []):
        named = [{**key, "kid": "k"} for key in keys]
        issuer = Issuer(ISSUER, AUDIENCE, json.dumps({"keys": named}))
        with pytest.raises(WeakKeyError):
            write_configuration(replace(model, issuers=(issuer,)), tmp_path)
