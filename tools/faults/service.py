"""A service of ours as a process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from cli.stack.logs import log_tail
from tools.faults.victim import NotReadyError

READY_SECONDS = 90
STOP_SECONDS = 15


@dataclass
class ServiceProcess:
    """`python -m module arguments`, which serves its health under `service` if it has one."""

    name: str
    module: str
    environment: Mapping[str, str]
    log: Path
    address: str = ""
    service: str = ""
    arguments: Sequence[str] = ()
    # What it is told in addition in its first life, in its second, and so on; later nothing.
    lives: Iterator[Mapping[str, str]] = field(default_factory=lambda: iter(()))
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a service of ours
                [sys.executable, "-m", self.module, *self.arguments],
                env={**self.environment, **next(self.lives, {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if self.service:
            self._until_ready()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        self._running().kill()
        self._running().wait()

    def pause(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        if not self.is_alive():
            return
        self._running().terminate()
        self.resume()
        try:
            self._running().wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _until_ready(self) -> None:
        deadline = monotonic() + READY_SECONDS
        with grpc.insecure_channel(self.address) as channel:
            while not _is_serving(HealthStub(channel), self.service):
                if not self.is_alive() or monotonic() > deadline:
                    raise NotReadyError(f"{self.name}: {log_tail(self.log)}")
                sleep(0.1)

    def _signal(self, number: signal.Signals) -> None:
        if self.is_alive():
            os.kill(self._running().pid, number)

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._process


def _is_serving(health: HealthStub, service: str) -> bool:
    request = HealthCheckRequest(service=service)
    try:
        answer = health.Check(request, timeout=2, wait_for_ready=True)
    except grpc.RpcError:
        return False
    return bool(answer.status == HealthCheckResponse.SERVING)
