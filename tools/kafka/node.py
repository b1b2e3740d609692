"""One node: a process that can be started, paused, killed and started again."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep

from tools.kafka.jars import fetched_jars, program
from tools.kafka.properties import Seat, server_properties
from tools.ports import is_answering

LOGGING = Path(__file__).with_name("log4j2.xml")
# Any 16 bytes; the same for ever, so that a node formatted later belongs to its cluster.
CLUSTER_ID = "c2hhZG93ZXIta2Fma2EtMQ"
READY_SECONDS = 60
STOP_SECONDS = 5


class KafkaNotStartedError(Exception):
    """What a node said before it gave up."""


class Node:
    """Keeps its data, its port and its log when it is killed."""

    def __init__(self, seat: Seat, seats: Sequence[Seat], heap: str) -> None:
        self.seat = seat
        self._heap = heap
        self._properties = seat.directory / "server.properties"
        self._log = seat.directory / "log"
        self._process: subprocess.Popen[bytes] | None = None
        seat.directory.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(server_properties(seat, seats))

    @property
    def name(self) -> str:
        return f"kafka-{self.seat.number}"

    @property
    def pid(self) -> int:
        return self._running().pid

    def is_alive(self) -> bool:
        return self._running().poll() is None

    def launch(self) -> None:
        """Starts it, with storage formatted if it never ran. Raises KafkaUnavailableError."""
        if not (self.seat.directory / "data" / "meta.properties").exists():
            self._format()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - Java itself
                self._java("kafka.Kafka", str(self._properties)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def until_ready(self) -> None:
        """A node opens its port when it is a member of its cluster, and not before.

        Raises KafkaNotStartedError.
        """
        deadline = monotonic() + READY_SECONDS
        while not is_answering(self.seat.port):
            if not self.is_alive() or monotonic() > deadline:
                raise KafkaNotStartedError(self._log.read_text())
            sleep(0.05)

    def start(self) -> None:
        self.launch()
        self.until_ready()

    def kill(self) -> None:
        self._running().kill()
        self._running().wait()

    def pause(self) -> None:
        """When this returns, it does nothing any more: its threads stop one by one."""
        os.kill(self.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def ask_to_stop(self) -> None:
        self._running().terminate()
        self._running().send_signal(signal.SIGCONT)

    def stop(self) -> None:
        self.ask_to_stop()
        self.until_stopped()

    def until_stopped(self) -> None:
        try:
            self._running().wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def _format(self) -> None:
        where = ("--cluster-id", CLUSTER_ID, "--config", str(self._properties))
        passwords = self.seat.guard.passwords() if self.seat.guard else ()
        command = self._java("kafka.tools.StorageTool", "format", *where, *passwords)
        subprocess.run(command, capture_output=True, check=True)  # noqa: S603 - Java itself

    def _java(self, main: str, *arguments: str) -> list[str]:
        # Ready in about a second: what compiles best later is not needed here.
        quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Xmx{self._heap}")
        logging = f"-Dlog4j2.configurationFile={LOGGING}"
        path = ("-cp", f"{fetched_jars()}/*")
        return [program("java"), *quick, logging, *path, main, *arguments]

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError(f"node {self.seat.number} was not started")
        return self._process
