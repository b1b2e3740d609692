"""Why a WebSocket is closed, by code: registered ones, and 4400 to 4499 as others use them."""

from google.rpc.status_pb2 import Status

from gateway.web.statuses import reason_of
from services.runtime.faults import InvalidArgument, ResourceExhausted, Unauthenticated
from services.runtime.status import to_status

GOING_AWAY = 1001
INTERNAL = 1011
TRY_AGAIN_LATER = 1013
MESSAGE_INVALID = 4400
UNAUTHENTICATED = 4401
SUBPROTOCOL_UNKNOWN = 4406
INIT_OVERDUE = 4408
SUBSCRIPTION_EXISTS = 4409
TOO_MANY_MESSAGES = 4429
TOKEN_EXPIRED = 4440
READER_TOO_SLOW = 4441

# A close frame has room for so many bytes.
MOST_REASON = 120


class Ending(Exception):  # noqa: N818 - a noun, as faults are
    """The end of a connection, and what is said of it."""

    def __init__(self, code: int, fault: BaseException) -> None:
        super().__init__(str(fault))
        self.code = code
        self.status: Status = to_status(fault)

    @property
    def reason(self) -> str:
        """As the close frame has it, which some clients are all that they show."""
        said = f"{reason_of(self.status)}: {self.status.message}"
        return said.encode("ascii", "replace")[:MOST_REASON].decode()


def too_slow(seconds: float) -> Ending:
    slow = ResourceExhausted(
        "CLIENT_TOO_SLOW",
        f"too little was taken for {seconds:g} s; go on where the last message ended",
        metadata={"seconds": f"{seconds:g}"},
    )
    return Ending(READER_TOO_SLOW, slow)


def unknown_subprotocol(known: str) -> Ending:
    fault = InvalidArgument("SOCKET_MESSAGE_INVALID", f"the subprotocol here is {known}")
    return Ending(SUBPROTOCOL_UNKNOWN, fault)


def no_token(why: str) -> Ending:
    return Ending(UNAUTHENTICATED, Unauthenticated("TOKEN_MISSING", why))


def too_many_messages(limit: int) -> Ending:
    many = ResourceExhausted(
        "TOO_MANY_MESSAGES",
        f"a connection may send {limit} messages a second",
        metadata={"limitPerSecond": str(limit)},
    )
    return Ending(TOO_MANY_MESSAGES, many)
