"""How mail is handed over, and what is made of what the server says."""

import socket
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from services.notifications.mail_server import mail_server
from services.notifications.mailing import Mailer, beside_refused
from services.notifications.notice import Happened, notice_of
from services.notifications.outcome import Verdict, unwell
from tests.support.notifications import alert
from tests.support.ports import free_port
from tests.support.receivers import Mailbox
from tools.certificates import Authority

TO = "ops@mail.example"
NOTICE = notice_of(Happened(uuid.uuid4(), "alert.triggered", datetime.now(UTC), "w", alert()))


@contextmanager
def mail_at(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def mailer(url: str, seconds: float = 5) -> Mailer:
    return Mailer(mail_server(url), "Shadower <alerts@shadower.example>", seconds)


@pytest.fixture
def secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server shows, whose authority this process trusts."""
    authority = Authority()
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.write(tmp_path)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue(tmp_path, "localhost"))
    return context


async def test_by_starttls_with_an_account(secret: ssl.SSLContext) -> None:
    box, accounts = Mailbox(""), []

    def account(server: Any, session: Any, envelope: Any, way: str, data: Any) -> AuthResult:
        accounts.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss")

    options = {"tls_context": secret, "require_starttls": True, "authenticator": account}
    with mail_at(box, auth_required=True, **options) as port:
        url = f"smtp://user:p%40ss@localhost:{port}"
        outcome = await mailer(url).send(NOTICE, "owner", [TO])
        assert (outcome.verdict, outcome.status_code) == (Verdict.DELIVERED, 250)
    assert accounts == [(b"user", b"p@ss")]
    assert len(box.of(TO)) == 1


async def test_by_tls_from_the_first_byte(secret: ssl.SSLContext) -> None:
    box = Mailbox("")
    with mail_at(box, ssl_context=secret) as port:
        outcome = await mailer(f"smtps://localhost:{port}").send(NOTICE, "owner", [TO])
    assert outcome.is_delivered
    assert len(box.of(TO)) == 1


async def test_nothing_goes_in_the_clear_unless_that_is_said() -> None:
    box = Mailbox("")
    with mail_at(box) as port:
        outcome = await mailer(f"smtp://127.0.0.1:{port}").send(NOTICE, "owner", [TO])
        assert outcome.error.startswith("UNREACHABLE: ")
        assert box.letters == []
        told = await mailer(f"smtp://127.0.0.1:{port}?tls=none").send(NOTICE, "owner", [TO])
        assert told.is_delivered


async def test_who_answers_no_more_and_who_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        slow = mailer(f"smtp://127.0.0.1:{port}?tls=none", 0.3)
        assert (await slow.send(NOTICE, "owner", [TO])).error.startswith("TIMEOUT: ")
    gone = mailer(f"smtp://127.0.0.1:{port}?tls=none")
    outcome = await gone.send(NOTICE, "owner", [TO])
    assert (outcome.verdict, outcome.is_unwell) == (Verdict.AGAIN, True)
    # Where the operator's server is, is the operator's concern.
    assert outcome.error == "UNREACHABLE: SMTPConnectError"
    none = await mailer("").send(NOTICE, "owner", [TO])
    assert none.error.startswith("NO_MAIL_SERVER")


async def test_who_was_refused_for_good_is_kept_apart_until_the_end() -> None:
    box = Mailbox("")
    ann, ben, joe = (f"{name}@mail.example" for name in ("ann", "ben", "joe"))
    box.refused[ben] += ["450 later", "450 later"]
    box.refused[joe].append("550 nobody")
    with mail_at(box) as port:
        sends = mailer(f"smtp://127.0.0.1:{port}?tls=none").send
        first = await sends(NOTICE, "owner", [ann, ben, joe])
        assert (first.verdict, first.remaining, first.refused) == (Verdict.AGAIN, [ben], [joe])
        assert first.refused
        second = beside_refused(await sends(NOTICE, "owner", [ben]), first.refused)
        assert (second.verdict, second.remaining, second.refused) == (Verdict.AGAIN, [ben], [joe])
        assert second.error == f"RECIPIENTS_REFUSED: {ben}, {joe}"
        third = beside_refused(await sends(NOTICE, "owner", [ben]), [joe])
    assert (third.verdict, third.refused) == (Verdict.NEVER, [joe])
    assert third.error == f"RECIPIENTS_REFUSED: {joe}"
    away = beside_refused(unwell("TIMEOUT: x"), [joe])
    assert (away.verdict, away.remaining, away.refused) == (Verdict.AGAIN, None, [joe])


async def test_a_message_is_the_same_each_time_and_another_to_each_target() -> None:
    sender = mailer("smtp://unused")
    one, again, other = (sender.written(NOTICE, name, [TO]) for name in ("a", "a", "b"))
    assert one["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert one["References"] == again["References"] != other["References"]
    assert one["Date"] == again["Date"]
