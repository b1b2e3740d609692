"""`shadower check` at an edge whose certificate is for another name than it is called by."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from cli.calls import Edge
from cli.cluster.check import _health_now
from cli.cluster.contents import certificates
from cli.failures import CommandError

NAME = "analytics.example.org"


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Its address, and who vouches for it."""
    made = certificates([NAME])
    for name, text in made.items():
        (folder / name).write_text(text)
    server = HTTPServer(("127.0.0.1", 0), Healthy)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}", made["ca.crt"].encode()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_believes_whom_it_is_told_to_by_the_name_it_is_told(tmp_path: Path) -> None:
    with served(tmp_path) as (address, authority):
        assert "can answer" in _health_now(Edge(address, str, NAME, authority))
        for doubted in (Edge(address, str, NAME), Edge(address, str, "", authority)):
            with pytest.raises(CommandError, match="CERTIFICATE_VERIFY_FAILED"):
                _health_now(doubted)
