"""What a node of a small cluster is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kafka.guard import Guard
from tools.ports import LOOPBACK

PROTOCOLS = "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL"


@dataclass(frozen=True)
class Seat:
    """A node's place in its cluster: broker and controller in one process."""

    number: int
    port: int
    controller_port: int
    directory: Path
    guard: Guard | None = None
    """Of a second door, beside that which is open."""

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def voter(self) -> str:
        return f"{self.number}@{LOOPBACK}:{self.controller_port}"


def server_properties(seat: Seat, seats: Sequence[Seat]) -> str:
    told = {**_place(seat, seats), **_copies(len(seats)), **HASTE, **SMALLNESS, **_guard(seat)}
    return "".join(f"{key}={value}\n" for key, value in told.items())


def _place(seat: Seat, seats: Sequence[Seat]) -> dict[str, str]:
    controller = f"CONTROLLER://{LOOPBACK}:{seat.controller_port}"
    doors = [f"PLAINTEXT://{seat.address}", *([seat.guard.listener] if seat.guard else [])]
    return {
        "process.roles": "broker,controller",
        "node.id": str(seat.number),
        "listeners": ",".join([*doors, controller]),
        "advertised.listeners": ",".join(doors),
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": PROTOCOLS,
        "controller.quorum.voters": ",".join(other.voter for other in seats),
        "log.dirs": str(seat.directory / "data"),
    }


def _guard(seat: Seat) -> dict[str, str]:
    return seat.guard.properties() if seat.guard else {}


def _copies(nodes: int) -> dict[str, str]:
    copies, in_sync = str(min(3, nodes)), str(2 if nodes >= 3 else 1)
    return {
        "default.replication.factor": copies,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
    }


# Groups begin, and dead brokers are noticed, in seconds.
HASTE = {
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
}

SMALLNESS = {
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    "num.network.threads": "2",
    "num.io.threads": "4",
    # A name that is mistyped must not become a topic.
    "auto.create.topics.enable": "false",
}
