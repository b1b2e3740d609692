"""Secrets of API keys: how they are made and written, and how one is known to be one.

"shk_", 24 hexadecimal digits that are the key's id, "_", 43 letters and digits that are 256 random
bits, and 6 that are a checksum of all before: who scans code for secrets can tell one from noise.
"""

import hashlib
import re
import secrets
import string
import zlib

PREFIX = "shk_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_BITS = 256
RANDOM_DIGITS = 43
CHECK_DIGITS = 6
ID_BYTES = 12
SECRET = re.compile(rf"{PREFIX}([0-9a-f]{{24}})_[0-9A-Za-z]{{{RANDOM_DIGITS}}}[0-9A-Za-z]{{6}}")


def new_id() -> str:
    return secrets.token_hex(ID_BYTES)


def new_secret(api_key_id: str) -> str:
    body = f"{PREFIX}{api_key_id}_{_digits(secrets.randbits(RANDOM_BITS), RANDOM_DIGITS)}"
    return body + _check(body)


def key_of(secret: str) -> str | None:
    """The id of the key that it may be a secret of; None if it is nobody's."""
    found = SECRET.fullmatch(secret)
    if found is None or _check(secret[:-CHECK_DIGITS]) != secret[-CHECK_DIGITS:]:
        return None
    return found[1]


def hash_of(secret: str) -> bytes:
    """There is nothing to guess in 256 random bits, so nothing that a slow hash would protect."""
    return hashlib.sha256(secret.encode()).digest()


def _check(body: str) -> str:
    return _digits(zlib.crc32(body.encode()), CHECK_DIGITS)


def _digits(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
