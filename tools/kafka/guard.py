"""A door of a node that lets in by TLS, and by password, whoever also shows a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MODULES = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Guard:
    """It knows one user."""

    port: int
    keystore: Path
    """PEM of the node's key and certificate, which is for `localhost`."""

    truststore: Path
    """PEM of those who vouch for clients."""

    user: str
    password: str

    @property
    def address(self) -> str:
        return f"localhost:{self.port}"

    @property
    def listener(self) -> str:
        return f"SASL_SSL://{self.address}"

    def properties(self) -> dict[str, str]:
        plain = f'{MODULES}.plain.PlainLoginModule required user_{self.user}="{self.password}";'
        scram = f"{MODULES}.scram.ScramLoginModule required;"
        door = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.keystore),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.truststore),
            "ssl.client.auth": "required",
            "sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM)),
            "plain.sasl.jaas.config": plain,
            **{f"{mechanism.lower()}.sasl.jaas.config": scram for mechanism in SCRAM},
        }
        return {f"listener.name.sasl_ssl.{name}": value for name, value in door.items()}

    def passwords(self) -> Sequence[str]:
        """As storage is told of them, that keeps no password itself."""
        user = f"[name={self.user},password={self.password}]"
        return [part for one in SCRAM for part in ("--add-scram", f"{one}={user}")]
