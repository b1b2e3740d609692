"""A broker that lets nobody in without a certificate and a password."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.runtime.settings import Settings
from tests.support.kafka import kafka_of_our_own, kafka_settings
from tools.certificates import Authority
from tools.kafka.guard import Guard
from tools.ports import free_ports

USER, PASSWORD = "shadower", "correct-horse"  # Of nobody's secrets.


@dataclass(frozen=True)
class GuardedKafka:
    """What clients of it are told."""

    guard: Guard
    authority: Path
    certificate: Path
    key: Path

    def environment(self, **other: str) -> Mapping[str, str]:
        """Of a client that is let in, but for what it is told otherwise; "" is not told."""
        told = {
            "KAFKA_BROKERS": self.guard.address,
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SSL_CA_FILE": str(self.authority),
            "KAFKA_SSL_CERTIFICATE_FILE": str(self.certificate),
            "KAFKA_SSL_KEY_FILE": str(self.key),
            "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD": PASSWORD,
            **other,
        }
        return {name: value for name, value in told.items() if value}

    def settings(self, **other: str) -> Settings:
        told: dict[str, Any] = dict(self.environment(**other))
        return kafka_settings(told.pop("KAFKA_BROKERS"), topic_partitions=1, **told)


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[GuardedKafka]:
    authority = Authority()
    trusted, (certificate, key) = authority.write(folder), authority.issue(folder)
    keystore = folder / "keystore.pem"
    keystore.write_bytes(key.read_bytes() + certificate.read_bytes())
    (port,) = free_ports(1)
    guard = Guard(port, keystore, trusted, USER, PASSWORD)
    with kafka_of_our_own(folder / "kafka", guard=guard):
        yield GuardedKafka(guard, trusted, certificate, key)
