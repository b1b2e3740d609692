"""What an edge may be told by whoever started it."""

import asyncio
import json
import socket
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

ANSWER_SECONDS = 5
UNDER_WAY = "/stats?filter=^http[.](edge|mesh)[.]downstream_rq_active$&format=json"


class AdminError(Exception):
    """It did not answer, or refused."""


class _OnSocket(HTTPConnection):
    """The same protocol on a socket of the machine."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_SECONDS)
        self.sock.connect(self._path)


@dataclass(frozen=True)
class Admin:
    """Envoy's own interface, on its socket."""

    path: str

    async def post(self, path: str) -> None:
        """Raises AdminError."""
        await asyncio.to_thread(self._ask, "POST", path)

    async def requests_under_way(self) -> int:
        """Raises AdminError."""
        found = json.loads(await asyncio.to_thread(self._ask, "GET", UNDER_WAY))
        return sum(int(one["value"]) for one in found["stats"] if "value" in one)

    def _ask(self, method: str, path: str) -> bytes:
        connection = _OnSocket(self.path)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            if answer.status != HTTPStatus.OK:
                raise AdminError(f"{path}: {answer.status} {answer.reason}")
            return answer.read()
        except (OSError, HTTPException) as failed:
            raise AdminError(f"{path}: {failed!r}") from failed
        finally:
            connection.close()
