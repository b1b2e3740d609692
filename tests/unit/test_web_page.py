"""The console's files, and what a browser may do with them."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from gateway.web.files import File, read_files
from gateway.web.page import page_routes, policy, told
from gateway.web.settings import WebSettings

KEYS = {"jwks_url": "https://unused"}


def settings(**more: object) -> WebSettings:
    return WebSettings(**KEYS | more)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name, content in {
        "index.html": "page",
        "assets/a.js": "plain",
        "assets/a.js.br": "brotli",
        "assets/a.js.gz": "gzip",
        "sizes.json": "{}",
    }.items():
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.mark.parametrize(
    ("accepted", "coding", "content"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("GZIP;q=1.0", "gzip", b"gzip"),
        ("br;q=0, gzip", "gzip", b"gzip"),
        ("identity", "", b"plain"),
        ("", "", b"plain"),
    ],
)
def test_a_browser_gets_what_it_takes(
    folder: Path, accepted: str, coding: str, content: bytes
) -> None:
    file = read_files(folder)["/assets/a.js"]
    assert file.best_of(accepted) == (coding, content)


def test_only_files_of_the_page_are_served(folder: Path) -> None:
    assert set(read_files(folder)) == {"/index.html", "/assets/a.js"}
    assert read_files(folder / "nothing") == {}


def test_a_page_that_nobody_has_built_is_not_there() -> None:
    client = TestClient(Starlette(routes=page_routes(settings(), {})))
    assert client.get("/").status_code == 404
    assert client.get("/console.json").status_code == 200


def test_paths_lead_to_no_other_files(folder: Path) -> None:
    client = TestClient(Starlette(routes=page_routes(settings(), read_files(folder))))
    assert client.get("/").text == "page"
    for path in (
        "/assets/",
        "/assets/../index.html",
        "/assets/%2e%2e/index.html",
        "/assets/a.js.br",
    ):
        assert client.get(path).status_code == 404, path


def test_the_page_speaks_with_the_issuer_only_if_people_sign_in_there() -> None:
    assert "connect-src 'self';" in policy(settings())
    asked = policy(
        settings(
            console_client_id="console",
            jwt_issuer="https://id.example/realms/a",
            console_issuer_origins=("https://tokens.example",),
        )
    )
    assert "connect-src 'self' https://id.example https://tokens.example;" in asked


def test_tokens_are_pasted_in_development_or_where_somebody_says_so() -> None:
    assert told(settings(environment="development"))["tokenSignIn"] is True
    assert told(settings(environment="production"))["tokenSignIn"] is False
    assert told(settings(console_token_sign_in=True))["tokenSignIn"] is True
    assert (
        told(settings(environment="development", console_token_sign_in=False))["tokenSignIn"]
        is False
    )


def test_a_tag_changes_with_the_content() -> None:
    one = File("text/css", b"a")
    assert one.etag != File("text/css", b"b").etag
    # Hashed once, not for each who asks.
    assert one.etag is one.etag
