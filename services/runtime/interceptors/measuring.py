"""Counts calls, by RPC and by how they ended, and how long they took."""

import time
from collections.abc import Mapping

import grpc

from services.runtime.call import Admitted, Call, Interceptor, Pairs
from services.runtime.contract import MethodContract
from services.runtime.interceptors.telemetry import code_of
from services.runtime.telemetry.instruments import CURRENT_RPC, Instruments
from services.runtime.telemetry.tallies import Histogram, Labels

OK = grpc.StatusCode.OK.name
CALLS = "rpc.server.call.duration"
SYSTEM, UNARY, STREAM = "grpc", "unary", "stream"


class Measuring(Interceptor):
    """Around everything else that takes time."""

    def __init__(self, measured: Instruments, limits: Mapping[str, int]) -> None:
        """`limits` are the most calls of each kind that there may be at once."""
        self._durations = calls_of(measured)
        self._active = {UNARY: 0, STREAM: 0}
        # Of answers from memory, which take less time than to make their labels.
        self._recalled: dict[str, Labels] = {}
        measured.gauge(
            "shadower.rpc.active",
            "{call}",
            "Calls that are being answered",
            ("rpc.kind",),
            lambda: [((kind,), float(number)) for kind, number in self._active.items()],
        )
        measured.gauge(
            "shadower.rpc.active.limit",
            "{call}",
            "Calls that may be answered at once; further ones are refused",
            ("rpc.kind",),
            lambda: [((kind,), float(most)) for kind, most in limits.items()],
        )

    def enter(self, call: Call) -> None:
        self._active[_kind(call.contract)] += 1
        CURRENT_RPC.set(name_of(call.contract.path))

    def recalled(
        self, contract: MethodContract, admitted: Admitted, pairs: Pairs, began: float
    ) -> None:
        labels = self._recalled.get(contract.path)
        if labels is None:
            labels = self._recalled[contract.path] = labels_of(contract.path, OK, UNARY)
        self._durations.note(labels, time.perf_counter() - began)

    def leave(self, call: Call) -> None:
        kind = _kind(call.contract)
        self._active[kind] -= 1
        labels = labels_of(call.contract.path, code_of(call), kind)
        self._durations.note(labels, time.perf_counter() - call.began)


def calls_of(measured: Instruments) -> Histogram:
    return measured.histogram(
        CALLS,
        "s",
        "How long calls took that were answered",
        ("rpc.system.name", "rpc.method", "rpc.response.status_code", "rpc.kind"),
    )


def labels_of(path: str, code: str, kind: str) -> Labels:
    return (SYSTEM, name_of(path), code, kind)


def name_of(path: str) -> str:
    """Of "/package.Service/Method", as conventions have it."""
    return path.lstrip("/")


def _kind(contract: MethodContract) -> str:
    """Streams last for as long as someone reads or writes: their times tell nothing of ours."""
    return STREAM if contract.streams_replies or contract.streams_requests else UNARY
