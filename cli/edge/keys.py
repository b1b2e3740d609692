"""Key sets that the edge may be given."""

import json
from collections.abc import Iterable
from pathlib import Path

from cli.edge.model import EdgeModel, Issuer

ALGORITHM_OF_KEY = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", None): "RS256",
    ("oct", None): "HS256",
}
PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi"}


class UnsafeKeyError(ValueError):
    """A key set that the edge must not be given."""


def key_set(issuer: Issuer, model: EdgeModel) -> str:
    """The issuer's keys for signatures, each bound to its algorithm. Raises UnsafeKeyError."""
    text = issuer.jwks.read_bytes() if isinstance(issuer.jwks, Path) else issuer.jwks
    entries = [key for key in _entries(text) if key.get("use", "sig") == "sig"]
    if not entries:
        raise UnsafeKeyError(f"{issuer.name} has no keys for signatures")
    return json.dumps({"keys": [_checked(key, model.algorithms) for key in entries]})


def _entries(text: str | bytes) -> list[dict[str, str]]:
    try:
        entries = json.loads(text)["keys"]
    except (ValueError, RecursionError, KeyError, TypeError) as malformed:
        raise UnsafeKeyError(f"the key set is none: {malformed!r}") from malformed
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise UnsafeKeyError("the key set is no list of keys")
    return entries


def _checked(key: dict[str, str], algorithms: Iterable[str]) -> dict[str, str]:
    """Envoy would take whatever the key can verify."""
    if PRIVATE_MEMBERS & key.keys():
        raise UnsafeKeyError("a key is private: the edge needs public ones only")
    if not all(isinstance(key.get(name, ""), str) for name in ("kty", "crv", "alg", "x", "y", "n")):
        raise UnsafeKeyError("a key says with something else than text what it is")
    algorithm = ALGORITHM_OF_KEY.get((key.get("kty", ""), key.get("crv")), "none")
    if algorithm not in algorithms or key.get("alg", algorithm) != algorithm:
        raise UnsafeKeyError(f"a key of type {key.get('kty')} is not for {sorted(algorithms)}")
    return {**key, "alg": algorithm}
