"""A cluster of one node or of three."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tools.kafka.guard import Guard
from tools.kafka.node import Node
from tools.kafka.properties import Seat
from tools.ports import free_ports


@dataclass(frozen=True)
class Cluster:
    """What runs, and how clients find it."""

    nodes: Sequence[Node]

    @property
    def brokers(self) -> str:
        return ",".join(node.seat.address for node in self.nodes)

    def node(self, number: int) -> Node:
        return next(node for node in self.nodes if node.seat.number == number)

    def ask_to_stop(self) -> None:
        for node in self.nodes:
            node.ask_to_stop()


@contextmanager
def running_kafka(
    directory: Path,
    nodes: int = 1,
    ports: Sequence[int] | None = None,
    guard: Guard | None = None,
) -> Iterator[Cluster]:
    """Ports: one for each node's clients, then one for each node's peers. The guard is the first
    node's.

    Raises KafkaUnavailableError and KafkaNotStartedError.
    """
    first, *others = _seats(directory, ports or free_ports(2 * nodes))
    cluster = Cluster(_nodes([replace(first, guard=guard), *others]))
    with ExitStack() as stack:
        for node in cluster.nodes:
            node.launch()
            stack.callback(node.until_stopped)
        # All at once: a node that leaves in peace asks the others for it.
        stack.callback(cluster.ask_to_stop)
        for node in cluster.nodes:
            node.until_ready()
        yield cluster


def _seats(directory: Path, ports: Sequence[int]) -> list[Seat]:
    nodes = len(ports) // 2
    pairs = zip(ports[:nodes], ports[nodes:], strict=True)
    return [
        Seat(number, port, controller_port, directory / f"node-{number}")
        for number, (port, controller_port) in enumerate(pairs, start=1)
    ]


def _nodes(seats: Sequence[Seat]) -> list[Node]:
    heap = "384m" if len(seats) == 1 else "256m"
    return [Node(seat, seats, heap) for seat in seats]
