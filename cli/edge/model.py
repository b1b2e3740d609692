"""What differs between one edge and another."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

UNIX = "unix:"
MOST_REPLICAS = 16
OTLP_PORT = 4317
WEB = "gateway.web"
"""The cluster of the process that speaks WebSocket and GraphQL."""


@dataclass(frozen=True)
class Endpoint:
    """Where one replica of a service listens, such as 127.0.0.1:50051 or unix:/run/metrics.sock."""

    address: str

    @property
    def socket(self) -> str:
        """The path of its socket, if it listens on one."""
        return self.address.removeprefix(UNIX) if self.address.startswith(UNIX) else ""

    @property
    def host(self) -> str:
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def is_literal(self) -> bool:
        return bool(self.socket) or _is_ip_address(self.host)


def _is_ip_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


@dataclass(frozen=True)
class Upstream:
    """A service, by its full name such as shadower.metrics.v1.MetricsService, and its replicas."""

    service: str
    addresses: tuple[str, ...]

    @property
    def endpoints(self) -> list[Endpoint]:
        return list(map(Endpoint, self.addresses))

    @property
    def is_literal(self) -> bool:
        return all(one.is_literal for one in self.endpoints)

    @property
    def most_replicas(self) -> int:
        """As many as there are, or may be where names stand for all that is behind them."""
        return len(self.addresses) if self.is_literal else MOST_REPLICAS


@dataclass(frozen=True)
class Issuer:
    """Who issues tokens that are let in, and where his keys are."""

    name: str
    audience: str
    jwks: str | Path
    """The key set itself, its file, or the https address at which he publishes it."""

    @property
    def url(self) -> str:
        is_url = isinstance(self.jwks, str) and self.jwks.startswith(("https://", "http://"))
        return str(self.jwks) if is_url else ""


@dataclass(frozen=True)
class Certificate:
    """PEM files, which Envoy reads again when they are replaced in their folder."""

    chain: Path
    key: Path


@dataclass(frozen=True)
class Mutual:
    """How the edge and the services know each other: both show a certificate of one authority."""

    certificate: Certificate
    authority: Path
    server_name: str
    """What the services' certificates are for."""


@dataclass(frozen=True)
class Tracing:
    """Where traces go that begin at the edge or go on there, and how many of them."""

    url: str
    """Of a collector, as http://host:4317."""
    percent: float
    """Of requests whose callers do not say whether they are recorded, or are not heeded."""
    heeds_callers: bool = True
    """Whether services say of their calls to each other which are recorded."""
    heeds_outsiders: bool = False
    """Whether those who come from outside do, too, if services do."""

    @property
    def casts_lots(self) -> bool:
        """Whether it is by chance which requests from outside are recorded that bring a trace."""
        return not (self.heeds_callers and self.heeds_outsiders)

    @property
    def lot(self) -> str:
        """What a random number in hexadecimal digits is below as often as requests are recorded."""
        below = round(self.percent / 100 * 2**32)
        return f"{below:08x}" if below < 2**32 else "g"

    @property
    def collector(self) -> Endpoint:
        """Of a collector without a port, that of OTLP."""
        place = urlsplit(self.url)
        host = f"[{place.hostname}]" if ":" in (place.hostname or "") else place.hostname
        return Endpoint(f"{host}:{place.port or OTLP_PORT}")

    @property
    def is_encrypted(self) -> bool:
        return self.url.startswith("https:")


@dataclass(frozen=True)
class EdgeModel:
    """All that the templates are told, beside the contract."""

    upstreams: tuple[Upstream, ...]
    issuers: tuple[Issuer, ...]
    descriptor: Path
    web: Upstream | None = None
    """Who speaks WebSocket and GraphQL; without, nobody does."""
    mesh: str = ""
    """Where services call each other, each by its own token, as host:port or unix:/path; without,
    nowhere."""
    metrics: str = ""
    """Where Prometheus and probes may ask, and nothing else is answered; without, nowhere."""
    is_public: bool = True
    """Whether there is a listener for callers from outside."""
    host: str = "127.0.0.1"
    port: int = 8080
    admin: str = ""
    """Where whoever started it may have it drain, as unix:/path. Without, anybody of this machine
    may look, and nobody may change anything."""
    admin_port: int = 9901
    algorithms: tuple[str, ...] = ("EdDSA", "ES256", "RS256")
    keys_seconds: int = 60
    """Key sets of addresses are fetched again after so long, less five seconds."""
    certificate: Certificate | None = None
    """Without one the edge speaks plain HTTP."""
    mutual: Mutual | None = None
    """Without, services are reached in plain: by sockets, or within a mesh that encrypts."""
    cors_origins: tuple[str, ...] = ()
    environment: Literal["development", "production"] = "production"
    unary_timeout_seconds: int = 30
    """Of RPCs for which the contract has no other."""
    least_reads: int = 32
    """Reads that each replica of a service may have under way at once, however long they take."""
    most_reads: int = 128
    """The same as long as half of them are answered soon; further ones get SERVER_BUSY. Behind a
    name there may be many replicas, and so many times as much is let through then."""
    hedge_seconds: float = 0.5
    """A read that is not answered after so long is asked of another replica as well."""
    dns: str = ""
    """Who resolves names of services, as host:port; without, whoever the machine asks."""
    replicas_of_a_name: int = 1
    """How many replicas a name of DNS has at least: for so many of them `least_reads` counts."""
    soon_seconds: float = 0.025
    max_connections: int = 10_000
    max_heap_bytes: int = 1024**3
    tracing: Tracing | None = None
    """Without, what callers say of their traces is handed on as it comes."""
    kept_bytes: int = 16 * 1024**2
    """Of answers as JSON that each thread of Envoy keeps, so as not to make them again."""
    requests_per_second_of_address: int = 10_000
    """A flood from one address ends here, before anything looks at its tokens."""

    @property
    def mesh_endpoint(self) -> Endpoint:
        return Endpoint(self.mesh)

    @property
    def metrics_endpoint(self) -> Endpoint:
        return Endpoint(self.metrics)

    @property
    def dns_endpoint(self) -> Endpoint:
        return Endpoint(self.dns)

    @property
    def admin_endpoint(self) -> Endpoint:
        return Endpoint(self.admin or f"127.0.0.1:{self.admin_port}")

    @property
    def limiter(self) -> str:
        """The cluster of those who count requests; empty without them."""
        return self._cluster("shadower.limits.v1.LimitsService")

    @property
    def access(self) -> str:
        """The cluster of those who know API keys; empty without them."""
        return self._cluster("shadower.access.v1.AccessService")

    def _cluster(self, service: str) -> str:
        return service if any(one.service == service for one in self.upstreams) else ""
