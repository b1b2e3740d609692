"""How a report looks in each of its formats: `Renderer` is what a service holds.

Each module here does one thing; only the child process of the renderer loads those that draw.
"""

from services.reports.rendering.formats import EXTENSIONS, MEDIA_TYPES
from services.reports.rendering.renderer import Renderer, open_renderer

__all__ = ["EXTENSIONS", "MEDIA_TYPES", "Renderer", "open_renderer"]
