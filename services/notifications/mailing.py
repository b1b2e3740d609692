"""Writes and hands over mail."""

import asyncio
import html
from collections.abc import Iterable, Sequence
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

import aiosmtplib

from services.notifications.mail_server import MailServer
from services.notifications.notice import Notice
from services.notifications.outcome import MOST_ERROR, Outcome, Verdict, kept_text, unwell

STYLE = "font-family:sans-serif;font-size:14px;color:#222"
REFUSED_FOR_GOOD = 500


class Mailer:
    """Hands mail to the operator's server."""

    def __init__(self, server: MailServer | None, sender: str, seconds: float) -> None:
        self._server = server
        self._sender = parseaddr(sender)
        self._seconds = seconds

    @property
    def is_set(self) -> bool:
        return self._server is not None

    async def send(self, notice: Notice, owner: str, to: Sequence[str]) -> Outcome:
        """`owner` is the target's, by which its messages differ from those of others."""
        if self._server is None:
            return unwell("NO_MAIL_SERVER: none is set")
        message = self.written(notice, owner, to)
        try:
            async with asyncio.timeout(self._seconds):
                refused, answer = await self._hand_over(self._server, message, to)
        except aiosmtplib.SMTPRecipientsRefused as nobody:
            return _partly({one.recipient: (one.code, one.message) for one in nobody.recipients})
        except aiosmtplib.SMTPResponseException as said:
            return _said(said)
        except (TimeoutError, aiosmtplib.SMTPTimeoutError):
            return unwell("TIMEOUT: the mail server did not take it in time")
        except (aiosmtplib.SMTPException, OSError) as broken:
            return unwell(f"UNREACHABLE: {type(broken).__name__}")
        rest = {name: (one.code, one.message) for name, one in refused.items()}
        return _partly(rest, answer)

    async def _hand_over(
        self, server: MailServer, message: EmailMessage, to: Sequence[str]
    ) -> tuple[dict[str, aiosmtplib.SMTPResponse], str]:
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            use_tls=server.is_tls,
            start_tls=server.starttls,
            timeout=self._seconds,
        )
        async with client:
            if server.user is not None:
                await client.login(server.user, server.password or "")
            return await client.send_message(message, sender=self._sender[1], recipients=list(to))

    def written(self, notice: Notice, owner: str, to: Sequence[str]) -> EmailMessage:
        """The same each time, but for the date: a repetition is known by its Message-ID."""
        name, address = self._sender
        domain = address.rpartition("@")[2]
        message = EmailMessage(policy=SMTP)
        message["From"] = Address(name, addr_spec=address)
        message["To"] = [Address(addr_spec=one) for one in to]
        message["Subject"] = notice.title
        message["Date"] = format_datetime(notice.happened.at)
        message["Message-ID"] = f"<{notice.happened.event_id}.{owner}@{domain}>"
        # By it, programs show together what is about the same.
        message["References"] = f"<{_local(notice.happened.subject)}.{owner}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(_text(notice))
        message.add_alternative(_html(notice), subtype="html")
        return message


def _local(text: str) -> str:
    """What may stand in the id of a message."""
    return "".join(one for one in text if one.isascii() and (one.isalnum() or one in "-_"))[:64]


def _text(notice: Notice) -> str:
    link = f"\n\n{notice.link_text}: {notice.link}" if notice.link else ""
    return f"{notice.title}\n\n{notice.text}{link}\n"


def _html(notice: Notice) -> str:
    body = notice.html_body
    inner = _table(notice) if body is None else f'<div style="white-space:pre-line">{body}</div>'
    url, text = html.escape(notice.link), html.escape(notice.link_text)
    link = f'<p><a href="{url}">{text}</a></p>' if notice.link else ""
    title = html.escape(notice.title)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body style="{STYLE}"><h2>{title}</h2>{inner}{link}</body></html>'
    )


def _table(notice: Notice) -> str:
    rows = "".join(
        f"<tr><th align='left' style='padding-right:12px'>{html.escape(label)}</th>"
        f"<td>{html.escape(value)}</td></tr>"
        for label, value in notice.lines
    )
    return f"<table>{rows}</table>"


def _partly(refused: dict[str, tuple[int, str]], answer: str = "") -> Outcome:
    """Some, or all, did not take it: those that may later are tried again, they alone."""
    if not refused:
        return Outcome(Verdict.DELIVERED, 250, response=kept_text(answer))
    later = [name for name, (code, _) in refused.items() if code < REFUSED_FOR_GOOD]
    never = [name for name in refused if name not in later]
    code, said = next(iter(refused.values()))
    verdict = Verdict.AGAIN if later else Verdict.NEVER
    told = (_naming(refused), kept_text(said))
    return Outcome(verdict, code, *told, remaining=later, refused=never)


def beside_refused(outcome: Outcome, refused: Sequence[str]) -> Outcome:
    """Of what was sent to the others. Some were refused for good before: when all others have it,
    it has failed, and names them."""
    if not refused:
        return outcome
    if outcome.is_delivered:
        told = replace(outcome, verdict=Verdict.NEVER, error=_naming(refused))
        return replace(told, remaining=(), refused=refused)
    everybody = [*refused, *(outcome.refused or ())]
    if outcome.refused is None:
        return replace(outcome, refused=everybody)
    named = _naming([*everybody, *(outcome.remaining or ())])
    return replace(outcome, refused=everybody, error=named)


def _naming(refused: Iterable[str]) -> str:
    return f"RECIPIENTS_REFUSED: {', '.join(sorted(refused))}"[:MOST_ERROR]


def _said(error: aiosmtplib.SMTPResponseException) -> Outcome:
    """Whether the message is at fault, or the server, or our account there."""
    is_of_message = isinstance(error, aiosmtplib.SMTPDataError | aiosmtplib.SMTPSenderRefused)
    is_final = is_of_message and error.code >= REFUSED_FOR_GOOD
    return Outcome(
        Verdict.NEVER if is_final else Verdict.AGAIN,
        error.code,
        f"STATUS: {error.code}",
        kept_text(error.message),
        is_unwell=not is_final,
    )
