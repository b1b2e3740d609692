"""No secret gets into a log, whoever writes it and wherever it stands; what is none stays."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from services.runtime.call_log import CallLog
from services.runtime.logs import configure_logs
from services.runtime.redaction import HIDDEN, redact, redacted_text

JWT = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
API_KEY = "shk_0123456789abcdef01234567_" + "a" * 49
SECRETS = [
    (f"call failed: Authorization: Bearer {JWT}", f"call failed: Authorization: Bearer {HIDDEN}"),
    ("Authorization: Basic dXNlcjpwYXNz, next", f"Authorization: Basic {HIDDEN}, next"),
    (f"with bearer {'x' * 20}", f"with bearer {HIDDEN}"),
    (f"token {JWT} is bad", f"token {HIDDEN} is bad"),
    (f"key {API_KEY}", f"key {HIDDEN}"),
    ("postgresql://me:p%40ss@host/db?x=1", f"postgresql://me:{HIDDEN}@host/db?x=1"),
    ("redis://:hunter2@host:6379/0", f"redis://:{HIDDEN}@host:6379/0"),
    ("smtp://a:b@one and smtp://c:d@two", f"smtp://a:{HIDDEN}@one and smtp://c:{HIDDEN}@two"),
    ("/v1/links/7:open?secret=abc&as=pdf", f"/v1/links/7:open?secret={HIDDEN}&as=pdf"),
    ("{'password': 'hunter2', 'user': 'me'}", f"{{'password': '{HIDDEN}', 'user': 'me'}}"),
    ("cookie: session=1", f"cookie: {HIDDEN}"),
]
HARMLESS = [
    "the token is revoked",
    "a basic understanding of bearer tokens",
    "postgresql://me@host/db",
    "http://127.0.0.1:8080/a:b@c",
    "/shadower.access.v1.AccessService/RevokeToken",
    "workspace w-1, trace 0af7651916cd43dd8448eb211c80319c",
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_secrets_are_known_by_their_looks(text: str, shown: str) -> None:
    assert redacted_text(text) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted_text(text) == text


def test_secrets_are_known_by_their_names_however_deep() -> None:
    entry: dict[str, Any] = {
        "event": "x",
        "api_key": "plain",
        "Authorization": "plain",
        "smtp_password": "plain",
        "token_id": "t-1",
        "secret": None,
        "calls": 3,
        "headers": [{"x-api-key": "plain", "accept": "json"}, ("a", f"Bearer {'y' * 16}")],
        "error": ValueError(f"refused {JWT}"),
    }
    shown = redact(None, "", entry)
    assert shown == {
        "event": "x",
        "api_key": HIDDEN,
        "Authorization": HIDDEN,
        "smtp_password": HIDDEN,
        "token_id": "t-1",
        "secret": None,
        "calls": 3,
        "headers": [{"x-api-key": HIDDEN, "accept": "json"}, ["a", f"Bearer {HIDDEN}"]],
        "error": f"ValueError('refused {HIDDEN}')",
    }


def test_lines_of_ours_and_of_libraries_are_without_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure_logs("test", "info")
        log: Any = structlog.get_logger("redaction.ours")
        log.warning("not sent", url="https://me:pass@host", exc_info=ValueError(API_KEY))
        logging.getLogger("redaction.theirs").error("refused %s", f"Authorization: {JWT}")
        written = capsys.readouterr().err
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    ours, theirs = map(json.loads, written.splitlines())
    assert (ours["event"], ours["url"]) == ("not sent", f"https://me:{HIDDEN}@host")
    assert f"ValueError: {HIDDEN}" in ours["exception"]
    assert theirs["event"] == f"refused Authorization: {HIDDEN}"
    assert API_KEY not in written
    assert JWT not in written


async def test_lines_of_calls_are_without_them() -> None:
    file = io.BytesIO()
    log = CallLog(file)
    log.note(dict[str, object], {"request_id": JWT, "method": "/a/B"})
    log.flush()
    assert json.loads(file.getvalue())["request_id"] == HIDDEN
