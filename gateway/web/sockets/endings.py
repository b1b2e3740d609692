"""Why a WebSocket is closed, by code: those of RFC 6455, and 4400 to 4499 as others use them."""

from google.rpc.status_pb2 import Status

from gateway.web.statuses import reason_of
from services.runtime.status import to_status

GOING_AWAY = 1001
INTERNAL = 1011
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
