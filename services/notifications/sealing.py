"""What is secret of a target, as it is kept: sealed by AES-256-GCM, if there is a key.

A byte says how: 0 is as it is; 1 is sealed, and followed by four bytes of the key's digest, a nonce
of twelve, and the rest. What was sealed for one target cannot be opened as another's.
"""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PLAIN, SEALED = b"\x00", b"\x01"
ID_BYTES, NONCE_BYTES = 4, 12


class UnreadableSecretError(Exception):
    """No key opens it."""


class Sealer:
    """Seals by its first key, and opens by all."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ids = [_id_of(key) for key in keys]
        self._ciphers = {_id_of(key): AESGCM(key) for key in keys}

    def seal(self, content: bytes, owner: str) -> bytes:
        if not self._ids:
            return PLAIN + content
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self._ids[0]].encrypt(nonce, content, owner.encode())
        return SEALED + self._ids[0] + nonce + sealed

    def open(self, kept: bytes, owner: str) -> bytes:
        """Raises UnreadableSecretError."""
        if kept[:1] == PLAIN:
            return kept[1:]
        key_id, rest = kept[1 : 1 + ID_BYTES], kept[1 + ID_BYTES :]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnreadableSecretError("the key by which it was sealed is not set")
        try:
            return cipher.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], owner.encode())
        except InvalidTag as foreign:
            raise UnreadableSecretError("it was sealed for something else") from foreign


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"shadower.notifications " + key).digest()[:ID_BYTES]
