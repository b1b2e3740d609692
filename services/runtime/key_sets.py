"""JSON Web Key Sets as they are written: which keys are for signatures, and by which algorithm."""

import json
from collections.abc import Collection
from typing import Any

ALGORITHM_OF_KEY = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", ""): "RS256",
    ("oct", ""): "HS256",
}
# All of these are texts.
VERIFYING = {"kty", "crv", "alg", "use", "kid", "x", "y", "n", "e", "k"}


class WeakKeyError(ValueError):
    """A key set that cannot protect anything: nobody starts by it."""


def signing_entries(text: str | bytes, algorithms: Collection[str]) -> list[dict[str, str]]:
    """Those for signatures, each bound to its algorithm. Raises WeakKeyError if there is none, or
    one for another algorithm."""
    entries = [entry for entry in _entries(text) if entry.get("use", "sig") == "sig"]
    if not entries:
        raise WeakKeyError("the key set has no keys for signatures")
    return [{**entry, "alg": _algorithm(entry, algorithms)} for entry in entries]


def _entries(text: str | bytes) -> list[dict[str, str]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as malformed:
        raise WeakKeyError(f"the key set is not JSON: {malformed}") from malformed
    entries = content.get("keys") if isinstance(content, dict) else None
    if not entries or not isinstance(entries, list):
        raise WeakKeyError("the key set has no keys")
    if not all(isinstance(entry, dict) and entry.get("kid") for entry in entries):
        raise WeakKeyError("a key has no kid")
    return [_of_texts(entry) for entry in entries]


def _of_texts(entry: dict[str, Any]) -> dict[str, str]:
    """Of what verifies a signature all is text; the rest, as key_ops and x5c, is of no use here."""
    texts = {name: value for name, value in entry.items() if isinstance(value, str)}
    if not VERIFYING & (entry.keys() - texts.keys()):
        return texts
    raise WeakKeyError("a key says with something else than text what it is")


def _algorithm(entry: dict[str, str], algorithms: Collection[str]) -> str:
    algorithm = ALGORITHM_OF_KEY.get((entry.get("kty", ""), entry.get("crv", "")), "none")
    if algorithm not in algorithms:
        raise WeakKeyError(f"a key of type {entry.get('kty')} is not for {sorted(algorithms)}")
    if entry.get("alg", algorithm) != algorithm:
        raise WeakKeyError(f"a key is not for {algorithm}")
    return algorithm
