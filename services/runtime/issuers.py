"""Who may issue tokens: the identity provider, and the mesh itself. Each by its own keys alone."""

from collections.abc import Coroutine, Iterator, Mapping
from typing import Any

from services.runtime.keys import Keys, keys_of, mesh_keys_of
from services.runtime.process_settings import ProcessSettings


class Issuers:
    """The keys of each issuer, by the name that tokens have as `iss`."""

    def __init__(self, keys: Mapping[str, Keys]) -> None:
        self._keys = dict(keys)
        self._all = tuple(keys.values())

    def get(self, name: str) -> Keys | None:
        return self._keys.get(name)

    @property
    def edition(self) -> int:
        """Another one whenever anybody's keys are others: each only grows."""
        edition = 0
        for keys in self._all:  # At each call, so on the shortest way.
            edition += keys.edition
        return edition

    async def load(self) -> None:
        """Raises WeakKeyError or OSError if some are of no use."""
        for keys in self._keys.values():
            await keys.load()

    def following(self) -> Iterator[Coroutine[Any, Any, None]]:
        for keys in self._keys.values():
            yield keys.follow()


def issuers_of(settings: ProcessSettings) -> Issuers:
    """Not loaded yet."""
    keys = {settings.jwt_issuer: keys_of(settings)}
    if settings.mesh_jwks_file is not None:
        keys[settings.mesh_issuer] = mesh_keys_of(settings)
    return Issuers(keys)
