"""What an edge that runs by itself is told by its environment."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import NoDecode

from cli.edge.model import UNIX, Endpoint
from cli.edge.tracing import EdgeTraceSettings
from cli.stack.services import SERVICES
from services.runtime.process_settings import ProcessSettings

WEB_NAME = "web"
NAMES = (*SERVICES, WEB_NAME)
Addresses = Mapping[str, tuple[str, ...]]


# The last one says what names of settings begin with.
class EdgeSettings(EdgeTraceSettings, ProcessSettings):
    """Beside them, whose tokens are trusted, and the certificates of the mesh, as services have
    them."""

    edge_listen: str = "127.0.0.1:8080"
    """host:port for callers from outside. Empty: none are let in, and no keys are needed."""

    edge_mesh_listen: str = ""
    """host:port or unix:/path, where services call each other. A port wants certificates of its
    callers. Empty: nowhere."""

    edge_metrics_listen: str = ""
    """host:port that answers /ready and /stats/prometheus, and nothing else. Empty: none does."""

    edge_services: Annotated[Addresses, NoDecode]
    """Where services are: a JSON object from their names to host:port or unix:/path, or a list of
    those. A name of DNS stands for all addresses behind it."""

    edge_tls_certificate_file: Path | None = None
    """PEM chain of the certificate that callers from outside see, read again when it is
    replaced. Unset: they are spoken to in plain HTTP."""

    edge_tls_key_file: Path | None = None
    """PEM key of that certificate."""

    edge_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Pages that may call, as https://console.example, with commas or spaces between them."""

    edge_hedge_seconds: float = Field(default=0.5, ge=0.01, le=60)
    """A read that is not answered after so long is asked of another replica as well."""

    edge_replicas: int = Field(default=1, ge=1, le=1000)
    """How many replicas a name of DNS has at least. Reads that are slow are let through up to 32 at
    once for each of them; further ones get SERVER_BUSY."""

    edge_dns: str = ""
    """host:port of who resolves names of services, as Consul's 127.0.0.1:8600; the host is an
    address. Empty: whoever the machine asks."""

    edge_folder: Path | None = None
    """Where it writes files for Envoy. Unset: in a folder that goes when it ends."""

    edge_concurrency: int = Field(default=2, ge=1, le=64)
    """Threads of Envoy."""

    @field_validator("edge_services", mode="before")
    @classmethod
    def _are_services(cls, given: Any) -> Addresses:
        try:
            found = json.loads(given) if isinstance(given, str) else dict(given)
        except ValueError as malformed:
            raise ValueError("is no JSON object") from malformed
        if not isinstance(found, dict) or not found:
            raise ValueError("is no JSON object of names and addresses")
        return {name: _addresses(name, value) for name, value in found.items()}

    @field_validator("edge_cors_origins", mode="before")
    @classmethod
    def _are_origins(cls, given: Any) -> Any:
        return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given

    @field_validator("edge_dns")
    @classmethod
    def _is_literal(cls, address: str) -> str:
        if address and not (_is_host_and_port(address) and Endpoint(address).is_literal):
            raise ValueError("is no host:port whose host is an address")
        return address

    @field_validator("edge_listen", "edge_metrics_listen")
    @classmethod
    def _is_port(cls, address: str) -> str:
        if address and not _is_host_and_port(address):
            raise ValueError("is no host:port")
        return address

    @field_validator("edge_mesh_listen")
    @classmethod
    def _is_port_or_socket(cls, address: str) -> str:
        if address and not _is_address(address):
            raise ValueError("is neither host:port nor unix:/path")
        return address

    @model_validator(mode="after")
    def _has_one_source_of_keys(self) -> Self:
        if self.edge_listen and (self.jwks_file is None) == (not self.jwks_url):
            raise ValueError("either SHADOWER_JWKS_FILE or SHADOWER_JWKS_URL is needed")
        return self

    @model_validator(mode="after")
    def _listens(self) -> Self:
        if not self.edge_listen and not self.edge_mesh_listen:
            raise ValueError("SHADOWER_EDGE_LISTEN or SHADOWER_EDGE_MESH_LISTEN is needed")
        return self

    @model_validator(mode="after")
    def _has_all_of_its_certificate(self) -> Self:
        if (self.edge_tls_certificate_file is None) != (self.edge_tls_key_file is None):
            raise ValueError(
                "SHADOWER_EDGE_TLS_CERTIFICATE_FILE and SHADOWER_EDGE_TLS_KEY_FILE go together"
            )
        return self

    @model_validator(mode="after")
    def _guards_its_mesh(self) -> Self:
        is_port = self.edge_mesh_listen and not self.edge_mesh_listen.startswith(UNIX)
        is_open = self.tls_certificate_file is None and not self.plaintext
        if is_port and is_open and self.environment == "production":
            raise ValueError(
                "in production SHADOWER_EDGE_MESH_LISTEN needs SHADOWER_TLS_CERTIFICATE_FILE, or "
                "SHADOWER_PLAINTEXT=true if something else guards it, or a socket (unix:/path)"
            )
        return self


def _addresses(name: str, given: Any) -> tuple[str, ...]:
    if name not in NAMES:
        raise ValueError(f"{name} is none of {', '.join(NAMES)}")
    addresses = (given,) if isinstance(given, str) else tuple(given or ())
    if not addresses or not all(map(_is_address, addresses)):
        raise ValueError(f"{name} has an address that is neither host:port nor unix:/path")
    if len({Endpoint(one).is_literal for one in addresses}) > 1:
        raise ValueError(f"{name} has names of DNS beside addresses that are none")
    return addresses


def _is_address(address: Any) -> bool:
    if not isinstance(address, str):
        return False
    return bool(Endpoint(address).socket) or _is_host_and_port(address)


def _is_host_and_port(address: str) -> bool:
    host, _, port = address.rpartition(":")
    return bool(host) and port.isascii() and port.isdigit() and 0 < int(port) < 65_536


def what_is_wrong(error: ValidationError) -> str:
    """Settings by their names in the environment, and reasons; not values, which may be secret."""
    return "; ".join(
        ": ".join(filter(None, (_named(one["loc"]), one["msg"].removeprefix("Value error, "))))
        for one in error.errors(include_input=False, include_url=False)
    )


def _named(place: tuple[int | str, ...]) -> str:
    return f"SHADOWER_{str(place[0]).upper()}" if place else ""
