"""How a report looks in each of its formats.

`Renderer` is what a service holds: it renders in child processes, so that neither the weight of the libraries
nor the work of drawing is ever felt by the event loop.
"""

from services.reports.document import Document, Format


def render(document: Document, format: Format) -> bytes:
    """The bytes of the document in a format: the same document always gives the same bytes."""
    raise NotImplementedError(format)
