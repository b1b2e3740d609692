"""What a client says on a WebSocket: JSON objects that have a type."""

from typing import Any

import orjson

from gateway.web.sockets.endings import MESSAGE_INVALID, Ending
from services.runtime.faults import InvalidArgument

MOST_ID = 64

Message = dict[str, Any]


def read_message(event: Any) -> Message:
    """Raises Ending."""
    text = event.get("text")
    if text is None:
        raise invalid("messages are text, not binary")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as malformed:
        raise invalid("the message is not JSON") from malformed
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise invalid("a message is a JSON object with a type")
    return message


def subscription_id(message: Message) -> str:
    """Raises Ending."""
    found = message.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= MOST_ID or not found.isprintable():
        raise invalid(f"an id is a text of 1 to {MOST_ID} printable characters")
    return found


def token_of(content: object) -> str | None:
    """The token in what a client says of itself; None if there is none. Raises Ending."""
    token = content.get("token") if isinstance(content, dict) else None
    if token is not None and not isinstance(token, str):
        raise invalid("a token is a text")
    return token or None


def invalid(why: str) -> Ending:
    return Ending(MESSAGE_INVALID, InvalidArgument("SOCKET_MESSAGE_INVALID", why))


def unknown_type(message: Message) -> Ending:
    return invalid(f"there is no message of type {message['type'][:40]!r} here")
