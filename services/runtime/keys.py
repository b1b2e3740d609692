"""Keys that sign tokens: a JSON Web Key Set, read again and again since issuers change theirs."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import structlog

from services.runtime.key_sets import WeakKeyError, signing_entries
from services.runtime.process_settings import ProcessSettings

MIN_SECRET_BYTES = 32
MIN_RSA_BITS = 2048
FETCH_SECONDS = 5
# However many tokens of unknown keys come, the issuer is asked no more often.
LEAST_SECONDS = 1.0

Read = Callable[[], Awaitable[str]]


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
    entries = signing_entries(jwks, frozenset(algorithms))
    return {entry["kid"]: _strong_key(entry) for entry in entries}


def _strong_key(entry: dict[str, str]) -> jwt.PyJWK:
    try:
        key = jwt.PyJWK(entry, algorithm=entry["alg"])
    except (jwt.PyJWKError, jwt.InvalidKeyError, ValueError) as malformed:
        raise WeakKeyError(f"a key is malformed: {malformed}") from malformed
    if isinstance(key.key, bytes) and len(key.key) < MIN_SECRET_BYTES:
        raise WeakKeyError(f"a secret has fewer than {MIN_SECRET_BYTES} bytes")
    if getattr(key.key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and entry["alg"] == "RS256":
        raise WeakKeyError(f"an RSA key has fewer than {MIN_RSA_BITS} bits")
    return key
