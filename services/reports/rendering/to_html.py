"""HTML: one file that needs nothing else, runs nothing and prints well."""

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from services.reports.document import Document
from services.reports.rendering.bounds import ROWS_ON_A_PAGE
from services.reports.rendering.presenting import presented
from services.reports.rendering.vector import in_the_readers_ink

HERE = Path(__file__).parent


def write(document: Document) -> bytes:
    content = presented(document, ROWS_ON_A_PAGE)
    # Ours already, its texts escaped when it was drawn.
    for section in content["sections"]:
        for chart in section["charts"]:
            chart["svg"] = Markup(in_the_readers_ink(chart["svg"]))  # noqa: S704
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((HERE / "page.html.j2").read_text())
    style = (HERE / "page.css").read_text()
    page = template.render(report=content, style=Markup(style), policy=_policy(style))  # noqa: S704
    return page.encode()


def _policy(style: str) -> str:
    """Nothing is loaded, nothing runs, and no style holds but this one."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
