"""Where mail is handed over, as a URL says it."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

PORTS = {"smtp": 587, "smtps": 465}
WAYS = {"required": True, "offered": None, "none": False}


@dataclass(frozen=True)
class MailServer:
    """It is the operator's, and trusted."""

    host: str
    port: int
    user: str | None
    password: str | None
    is_tls: bool
    """From the first byte on."""
    starttls: bool | None
    """Whether it must be; None is: if the server offers it."""


def mail_server(url: str) -> MailServer | None:
    """None of an empty one. Raises ValueError, which tells nothing of the URL."""
    if not url:
        return None
    parts = urlsplit(url)
    way = parse_qs(parts.query).get("tls", ["required"])[0]
    if parts.scheme not in PORTS or not parts.hostname or way not in WAYS:
        raise ValueError("must be smtp:// or smtps://, with ?tls=required, offered or none")
    is_tls = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=is_tls,
        starttls=False if is_tls else WAYS[way],
    )
