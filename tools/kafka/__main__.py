"""Runs one node until Ctrl-C: `make kafka`, with ARGS="--data FOLDER --port NUMBER" if need be."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from tools.kafka.cluster import running_kafka
from tools.kafka.jars import ROOT, KafkaUnavailableError
from tools.kafka.node import KafkaNotStartedError
from tools.ports import is_answering


def main() -> None:
    options = _options()
    if is_answering(options.port):
        sys.exit(f"something listens on port {options.port} already: choose another with --port")
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        with running_kafka(options.data, ports=[options.port, options.port + 1]) as kafka:
            print(f"KAFKA_BROKERS={kafka.brokers}", flush=True)  # noqa: T201 - for people
            stopping.wait()
    except (KafkaUnavailableError, KafkaNotStartedError) as error:
        sys.exit(str(error))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make kafka", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".shadower" / "kafka")
    parser.add_argument("--port", type=int, default=9092, help="the next one is taken, too")
    return parser.parse_args()


if __name__ == "__main__":
    main()
