"""Key sets that the edge may be given."""

import json
from pathlib import Path

from cli.edge.model import EdgeModel, Issuer
from services.runtime.key_sets import WeakKeyError, signing_entries

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi"}


def key_set(issuer: Issuer, model: EdgeModel) -> str:
    """The issuer's keys for signatures, each bound to its algorithm: Envoy would take whatever a
    key can verify. Raises WeakKeyError."""
    text = issuer.jwks.read_bytes() if isinstance(issuer.jwks, Path) else issuer.jwks
    keys = signing_entries(text, model.algorithms)
    if any(PRIVATE_MEMBERS & key.keys() for key in keys):
        raise WeakKeyError("a key is private: the edge needs public ones only")
    return json.dumps({"keys": keys})
