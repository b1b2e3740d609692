"""Keys that sign tokens: a JSON Web Key Set, read again and again since issuers change theirs."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import structlog

from services.runtime.process_settings import ProcessSettings

MIN_SECRET_BYTES = 32
MIN_RSA_BITS = 2048
ALGORITHM_OF_KEY = {
    ("OKP", "Ed25519"): "EdDSA",
    ("EC", "P-256"): "ES256",
    ("RSA", ""): "RS256",
    ("oct", ""): "HS256",
}
FETCH_SECONDS = 5
# However many tokens of unknown keys come, the issuer is asked no more often.
LEAST_SECONDS = 1.0

Read = Callable[[], Awaitable[str]]


class WeakKeyError(ValueError):
    """A key set that cannot protect anything; the process refuses to start."""


class Keys:
    """Those of now, by their ids. Those that were removed verify nothing any more."""

    def __init__(self, read: Read, algorithms: Iterable[str], seconds: float) -> None:
        """They are read again each so many seconds, and sooner if one is missed."""
        self._read = read
        self._algorithms = frozenset(algorithms)
        self._seconds = seconds
        self._missed = asyncio.Event()
        self._text: str | None = None
        self._known: dict[str, jwt.PyJWK] = {}
        self.edition = 0
        """Another one whenever the keys are others."""

    def get(self, key_id: str) -> jwt.PyJWK | None:
        found = self._known.get(key_id)
        if found is None:
            self._missed.set()
        return found

    async def load(self) -> None:
        """Raises WeakKeyError if one is weak or there is none, and OSError if they cannot be
        read; what was known stays then."""
        text = await self._read()
        if text != self._text:
            self._known = load_keys(text, self._algorithms)
            self._text = text
            self.edition += 1

    async def follow(self) -> None:
        """Loads them as long as it runs."""
        log: Any = structlog.get_logger("keys")
        while True:
            await self._until_it_is_time()
            try:
                await self.load()
            except (WeakKeyError, OSError) as error:
                log.warning("keys of tokens stay as they were", error=str(error))

    async def _until_it_is_time(self) -> None:
        await asyncio.sleep(LEAST_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._seconds):
                await self._missed.wait()
        self._missed.clear()


def keys_of(settings: ProcessSettings) -> Keys:
    """Not loaded yet."""
    if settings.jwks_file is not None:
        return Keys(_of_file(settings.jwks_file), settings.jwt_algorithms, settings.jwks_seconds)
    return Keys(_of_url(settings.jwks_url), settings.jwt_algorithms, settings.jwks_seconds)


def mesh_keys_of(settings: ProcessSettings) -> Keys:
    """Those of the mesh's own issuer, of which there must be a file. Not loaded yet."""
    if settings.mesh_jwks_file is None:
        raise WeakKeyError("SHADOWER_MESH_JWKS_FILE is not set")
    return Keys(_of_file(settings.mesh_jwks_file), ("EdDSA",), settings.jwks_seconds)


def _of_file(path: Path) -> Read:
    async def read() -> str:
        # Small and near; and without a wait, a process whose keys are of no use does nothing else.
        content = path.read_bytes()  # noqa: ASYNC240
        try:
            return content.decode()
        except UnicodeDecodeError as malformed:
            raise WeakKeyError(f"the key set is no text: {malformed}") from malformed

    return read


def _of_url(url: str) -> Read:
    client = jwt.PyJWKClient(url, cache_jwk_set=False, timeout=FETCH_SECONDS)

    async def read() -> str:
        try:
            return json.dumps(await asyncio.to_thread(client.fetch_data), sort_keys=True)
        except (jwt.PyJWKClientError, ValueError) as failed:
            raise OSError(f"{url}: {failed}") from failed

    return read


def load_keys(jwks: str, algorithms: Iterable[str]) -> dict[str, jwt.PyJWK]:
    """Verification keys by id. Raises WeakKeyError if one is weak or there is none."""
    signing = [entry for entry in _entries(jwks) if entry.get("use", "sig") == "sig"]
    if not signing:
        raise WeakKeyError("the key set has no keys for signatures")
    return {str(entry["kid"]): _strong_key(entry, frozenset(algorithms)) for entry in signing}


def _entries(jwks: str) -> list[dict[str, str]]:
    try:
        content = json.loads(jwks)
    except (json.JSONDecodeError, RecursionError) as malformed:
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
    if not {"kty", "crv", "alg", "use", "kid"} & (entry.keys() - texts.keys()):
        return texts
    raise WeakKeyError("a key says with something else than text what it is")


def _strong_key(entry: dict[str, str], algorithms: frozenset[str]) -> jwt.PyJWK:
    algorithm = ALGORITHM_OF_KEY.get((entry.get("kty", ""), entry.get("crv", "")))
    if algorithm not in algorithms:
        raise WeakKeyError(f"a key of type {entry.get('kty')} is not for {sorted(algorithms)}")
    if entry.get("alg", algorithm) != algorithm:
        raise WeakKeyError(f"a key is not for {algorithm}")
    try:
        key = jwt.PyJWK(entry, algorithm=algorithm)
    except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError) as malformed:
        raise WeakKeyError(f"a key is malformed: {malformed}") from malformed
    if isinstance(key.key, bytes) and len(key.key) < MIN_SECRET_BYTES:
        raise WeakKeyError(f"a secret has fewer than {MIN_SECRET_BYTES} bytes")
    if getattr(key.key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and algorithm == "RS256":
        raise WeakKeyError(f"an RSA key has fewer than {MIN_RSA_BITS} bits")
    return key
