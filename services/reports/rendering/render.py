"""A document in a format. Loads what draws, and takes its time: not for an event loop."""

from collections.abc import Callable
from importlib import import_module

from services.reports.document import Document, Format
from services.reports.rendering.bounds import check_size

MODULES = {one: f"services.reports.rendering.to_{one.value}" for one in Format}


def render(document: Document, target: Format) -> bytes:
    """The same document always gives the same bytes. Raises TooLargeError."""
    check_size(document)
    write: Callable[[Document], bytes] = import_module(MODULES[target]).write
    return write(document)
