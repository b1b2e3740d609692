"""Encodings that no library writes."""

from random import Random

# A field that begins and does not end, as deep as readers do not go.
DEEP_GROUPS = b"\x0b" * 300
LONGER_THAN_ALL = b"\x0a\xff\xff\xff\xff\x07"
ENDLESS_NUMBER = b"\x10" + b"\xff" * 11
UNKNOWN_FIELD = b"\xfa\x7f\x03abc"
NO_TEXT = b"\x0a\x02\xc3\x28"
TAILS = (DEEP_GROUPS, LONGER_THAN_ALL, ENDLESS_NUMBER, UNKNOWN_FIELD, NO_TEXT, b"\x00", b"\x0f")


def damaged(dice: Random, encoded: bytes) -> bytes:
    """An encoding that was good, changed in one way or several; or bytes of any kind."""
    if dice.random() < 0.15:
        return dice.randbytes(dice.randrange(200))
    for _ in range(dice.choice((1, 1, 2, 4))):
        encoded = _changed(dice, encoded)
    return encoded


def _changed(dice: Random, encoded: bytes) -> bytes:
    at = dice.randrange(len(encoded) + 1)
    end = min(len(encoded), at + dice.randrange(1, 40))
    way = dice.randrange(6)
    if way == 0:
        return encoded[:at]
    if way == 1:
        return encoded[:at] + dice.choice(TAILS) + encoded[at:]
    if way == 2:
        return encoded + encoded[at:end] * dice.choice((1, 2, 50))
    if way == 3:
        return encoded[:at] + encoded[end:]
    if way == 4:
        return encoded + dice.choice((*TAILS, nested(dice.randrange(1, 9), 110)))
    flipped = bytes(byte ^ (1 << dice.randrange(8)) for byte in encoded[at : at + 1])
    return encoded[:at] + flipped + encoded[at + 1 :]


def nested(field: int, depth: int) -> bytes:
    """A field in itself in itself, as often as that."""
    inner = b""
    for _ in range(depth):
        inner = bytes([field << 3 | 2]) + _varint(len(inner)) + inner
    return inner


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
