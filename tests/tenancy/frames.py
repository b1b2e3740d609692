"""gRPC-Web by hand."""

from dataclasses import dataclass, field

TRAILERS = 0x80
HEAD = 5


def framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message


@dataclass
class Frames:
    """Of a reply, as far as it has come."""

    messages: list[bytes] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)
    _rest: bytes = b""

    def take(self, chunk: bytes) -> None:
        self._rest += chunk
        while len(self._rest) >= HEAD:
            ends = HEAD + int.from_bytes(self._rest[1:HEAD], "big")
            if len(self._rest) < ends:
                return
            self._note(self._rest[0], self._rest[HEAD:ends])
            self._rest = self._rest[ends:]

    def _note(self, flags: int, content: bytes) -> None:
        if flags & TRAILERS:
            lines = content.decode().split("\r\n")
            pairs = (line.partition(":") for line in lines if line)
            self.trailers = {name: value.strip() for name, _, value in pairs}
        else:
            self.messages.append(content)
