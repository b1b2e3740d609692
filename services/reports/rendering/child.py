"""The process in which documents are rendered: reads them one by one, and writes what they became.

What goes in is a length of eight bytes and a pickled pair: a document and its formats. What comes
out is how it went, one byte, and then for each format a length and its bytes.
"""

import gc
import os
import pickle
import resource
import sys
from typing import BinaryIO

from services.reports.document import Document, Format
from services.reports.rendering.bounds import TooLargeError
from services.reports.rendering.framing import LENGTH_BYTES, Ended
from services.reports.rendering.render import render

# Beyond that a document is not drawn, lest it takes the memory of all others.
MAX_MEMORY = 4 * 1024**3
# Whoever answers calls goes first.
NICENESS = 10


def main() -> None:
    gc.enable()
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    # What libraries print must not come between the answers.
    target = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while head := sys.stdin.buffer.read(LENGTH_BYTES):
        work = sys.stdin.buffer.read(int.from_bytes(head))
        # Our parent wrote it, nobody else can.
        _answer(target, *pickle.loads(work))  # noqa: S301
        target.flush()


def _answer(target: BinaryIO, document: Document, formats: tuple[Format, ...]) -> None:
    try:
        files = [render(document, one) for one in formats]
    except (TooLargeError, MemoryError):
        target.write(bytes([Ended.TOO_LARGE]))
        return
    target.write(bytes([Ended.WELL]))
    for file in files:
        target.write(len(file).to_bytes(LENGTH_BYTES))
        target.write(file)


if __name__ == "__main__":
    main()
