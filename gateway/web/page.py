"""The console's page and what it is told, on paths that need no token."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.web.files import INDEX, File
from gateway.web.settings import WebSettings

# Names of files below it change with their content.
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def page_routes(settings: WebSettings, files: Mapping[str, File]) -> list[Route]:
    page = Page(settings, files)
    return [
        Route("/", page.index, methods=["GET"]),
        Route("/console.json", page.told, methods=["GET"]),
        Route("/assets/{name:path}", page.asset, methods=["GET"]),
        Route("/favicon.svg", page.asset, methods=["GET"]),
    ]


class Page:
    """Answers with files, and with what differs between deployments."""

    def __init__(self, settings: WebSettings, files: Mapping[str, File]) -> None:
        self._files = files
        self._told = told(settings)
        self._headers = {
            "content-security-policy": policy(settings),
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "x-content-type-options": "nosniff",
        }

    def index(self, request: Request) -> Response:
        return self._answer(request, INDEX, ASK_AGAIN)

    def asset(self, request: Request) -> Response:
        path = request.url.path
        return self._answer(request, path, FOR_GOOD if path.startswith("/assets/") else ASK_AGAIN)

    def told(self, _: Request) -> Response:
        return JSONResponse(self._told, headers=self._headers | {"cache-control": ASK_AGAIN})

    def _answer(self, request: Request, path: str, caching: str) -> Response:
        file = self._files.get(path)
        if file is None:
            raise HTTPException(404)
        common = self._headers | {
            "cache-control": caching,
            "etag": file.etag,
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=common)
        coding, content = file.best_of(request.headers.get("accept-encoding", ""))
        coded = {"content-encoding": coding} if coding else {}
        return Response(content, headers=common | coded, media_type=file.kind)


def told(settings: WebSettings) -> dict[str, object]:
    """How people sign in here."""
    issuer = {
        "issuer": settings.jwt_issuer,
        "clientId": settings.console_client_id,
        "scope": settings.console_scope,
        "audience": settings.jwt_audience,
    }
    return {
        "tokenSignIn": settings.takes_tokens_by_hand,
        "openId": issuer if settings.console_client_id else None,
    }


def policy(settings: WebSettings) -> str:
    """What the page may do: run its own scripts, and speak with us and with who signs people in."""
    asked = " ".join(["'self'", *_origins(settings)])
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src {asked}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types lit-html",
        )
    )


def _origins(settings: WebSettings) -> list[str]:
    if not settings.console_client_id:
        return []
    addresses = (settings.jwt_issuer, *settings.console_issuer_origins)
    places = [urlsplit(address) for address in addresses]
    return sorted({f"{place.scheme}://{place.netloc}" for place in places})
