"""The console's page out of a process that does nothing else: what is asked of services it answers
with what they had answered once. Run as a process of its own."""

import json
import sys
from base64 import b64decode
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.files import read_files
from gateway.web.page import page_routes
from gateway.web.settings import WebSettings

CONTENT = "application/grpc-web+proto"
RPCS = "/shadower."


def start_arguments(answers_file: str, port: int) -> list[str]:
    return [sys.executable, "-m", "bench.bare_page", answers_file, str(port)]


def key_of(url: str, asked: bytes) -> str:
    """Questions of one RPC differ in what they name, so in their length; times do not."""
    return f"{url[url.index(RPCS) :]} {len(asked)}"


class Replay:
    """Answers from memory."""

    def __init__(self, answers: dict[str, str]) -> None:
        self._answers = {key: b64decode(answer) for key, answer in answers.items()}

    async def answer(self, request: Request) -> Response:
        key = key_of(request.url.path, await request.body())
        return Response(self._answers[key], media_type=CONTENT)


def application(answers: dict[str, str]) -> Starlette:
    # Nobody's tokens are looked at.
    page = page_routes(WebSettings(jwks_url="http://localhost"), read_files())
    replay = Route(f"{RPCS}{{rest:path}}", Replay(answers).answer, methods=["POST"])
    return Starlette(routes=[*page, replay])


if __name__ == "__main__":
    answers = json.loads(Path(sys.argv[1]).read_text())
    uvicorn.run(application(answers), port=int(sys.argv[2]), log_level="warning", loop="uvloop")
