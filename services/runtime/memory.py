"""How the process gets memory from the system."""

import ctypes

# Parameters of mallopt(3), of glibc.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
MEBIBYTE = 1 << 20


def keep_freed_memory() -> None:
    """Has what was freed used again instead of given back, up to a bound: on virtual machines,
    to touch fresh memory for the first time takes longer than most of what is done with it."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 16 * MEBIBYTE)
        libc.mallopt(M_TRIM_THRESHOLD, 64 * MEBIBYTE)
