"""What is told of the API to everybody: its OpenAPI document, and a page that is made of it."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.reference.page import page

FOLDER = Path(__file__).parent
# No script at all; the page has links to itself, and one style sheet.
POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# It changes with a release, and who looks again is told at once.
CACHED = "public, max-age=300"


@dataclass(frozen=True)
class Told:
    """A document that stays the same as long as the process lives."""

    content: bytes
    media_type: str

    @cached_property
    def tag(self) -> str:
        # Weak, since the edge compresses it.
        return f'W/"{hashlib.sha256(self.content).hexdigest()[:16]}"'

    def answer(self, request: Request) -> Response:
        headers = {
            "etag": self.tag,
            "cache-control": CACHED,
            "content-security-policy": POLICY,
        }
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


def reference_routes() -> list[Route]:
    document = (FOLDER / "openapi.json").read_text()
    told = {
        "/openapi.json": Told(document.encode(), "application/json"),
        "/reference": Told(page(json.loads(document)).encode(), "text/html"),
        "/reference.css": Told((FOLDER / "style.css").read_bytes(), "text/css"),
    }
    return [Route(path, one.answer, methods=["GET"]) for path, one in told.items()]
