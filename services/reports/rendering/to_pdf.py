"""PDF, set by typst. What it says reaches the typesetter as data, and so never as code."""

import json
from datetime import UTC
from pathlib import Path

import matplotlib as mpl
import typst

from services.reports.document import Document
from services.reports.rendering.bounds import ROWS_ON_PAPER
from services.reports.rendering.presenting import presented

TEMPLATE = Path(__file__).with_name("paper.typ")
# What charts are measured with has to draw them as well.
FOLDER = Path(mpl.get_data_path(), "fonts", "ttf")
FONTS = [str(FOLDER / name) for name in ("DejaVuSans.ttf", "DejaVuSans-Oblique.ttf")]


def write(document: Document) -> bytes:
    content = presented(document, ROWS_ON_PAPER)
    return typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=FONTS,
        format="pdf",
        sys_inputs={"report": json.dumps(content, ensure_ascii=False)},
        timestamp=document.generated_at.astimezone(UTC).replace(microsecond=0),
    )
