"""Inputs: what is sent to an RPC, by whom, and how long the caller waits."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from tools.fuzzing.callers import Callers, Metadata
from tools.fuzzing.damage import damaged
from tools.fuzzing.messages import Maker
from tools.fuzzing.rpcs import Rpc
from tools.fuzzing.words import Words

# Longer than the time that a service gives itself: who is silent until then, hangs.
PATIENCE_SECONDS = 60.0
HASTE_SECONDS = (0.001, 0.005, 0.02)
# Shares of odd values. Most inputs keep the rules, or nothing behind them would be reached.
ODDITIES = (0.0, 0.0, 0.0, 0.03, 0.1, 0.5)
SHOWN_BYTES = 4_000


@dataclass(frozen=True)
class Case:
    """One call."""

    rpc: Rpc
    payloads: tuple[bytes, ...]
    metadata: Metadata
    seconds: float = PATIENCE_SECONDS

    @property
    def is_hasty(self) -> bool:
        return self.seconds < PATIENCE_SECONDS

    def __str__(self) -> str:
        payloads = " ".join(payload.hex() or "-" for payload in self.payloads)
        shown = "\n".join(self._shown(payload) for payload in self.payloads)
        return f"{self.rpc.path} {payloads}\n{shown[:SHOWN_BYTES]}"

    def _shown(self, payload: bytes) -> str:
        try:
            return str(GetMessageClass(self.rpc.request).FromString(payload))
        except DecodeError:
            return "(no message)"


class Cases:
    """Makes inputs for any RPC."""

    def __init__(
        self,
        dice: Random,
        words: Words,
        callers: Callers,
        now: int,
        renewed: Callable[[], Callers] | None = None,
    ) -> None:
        """What gives callers new tokens is needed where an input may revoke them."""
        self._dice = dice
        self._renewed = renewed
        self._maker = Maker(dice, words, now)
        self._callers = callers

    def one_for(self, rpc: Rpc) -> Case:
        count = self._dice.choice((1, 2, 3, 0)) if rpc.streams_requests else 1
        is_hasty = self._dice.random() < 0.01
        return Case(
            rpc=rpc,
            payloads=tuple(self._payload(rpc) for _ in range(count)),
            metadata=self._callers.some(
                self._dice, is_named="workspace_id" in rpc.request.fields_by_name
            ),
            seconds=self._dice.choice(HASTE_SECONDS) if is_hasty else PATIENCE_SECONDS,
        )

    def renew(self, case: Case) -> None:
        """Gives all callers new tokens, unless that was done since the case was made."""
        known = {*self._callers.usual, *self._callers.of_one_workspace}
        if self._renewed and known & set(case.metadata):
            self._callers = self._renewed()

    def _payload(self, rpc: Rpc) -> bytes:
        oddity = self._dice.choice(ODDITIES)
        encoded = self._maker.message(rpc.request, oddity).SerializeToString()
        return damaged(self._dice, encoded) if self._dice.random() < 0.15 else encoded
