"""What is in the Secrets of a trial: each time something else."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from secrets import token_bytes, token_urlsafe

from cli.certificates import Authority
from cli.tokens.keys import SigningKey, new_key

LIFE = timedelta(days=2 * 365)
PASSWORD_BYTES = 24


def keys(database_host: str, cache_host: str) -> Mapping[str, str]:
    """Of tokens and of sealing; and addresses, with the passwords that they need."""
    callers, mesh = new_key(), new_key()
    database, cache = token_urlsafe(PASSWORD_BYTES), token_urlsafe(PASSWORD_BYTES)
    return {
        "signing-key.json": json.dumps(callers.jwk),
        "jwks.json": _published(callers),
        "mesh-key.json": json.dumps(mesh.jwk),
        "mesh-jwks.json": _published(mesh),
        "notification-key": base64.b64encode(token_bytes(32)).decode(),
        "database-password": database,
        "database-url": f"postgresql://shadower:{database}@{database_host}/shadower",
        "cache-password": cache,
        "redis-url": f"redis://:{cache}@{cache_host}:6379/0",
    }


def _published(key: SigningKey) -> str:
    return json.dumps({"keys": [key.public]})


def certificates(names: Iterable[str]) -> Mapping[str, str]:
    """One for all who take part in the mesh, of an authority whose key nobody has afterwards."""
    authority = Authority(LIFE)
    everybody = authority.vouch_for(names)
    return {
        "ca.crt": authority.certificate().decode(),
        "tls.crt": everybody.certificate.decode(),
        "tls.key": everybody.key.decode(),
    }
