"""What a process is told by its environment: read once, checked, then frozen."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.failpoints import Failpoints


class Settings(BaseSettings):
    """One object per process, made by its `__main__`. A wrong value refuses to start."""

    model_config = SettingsConfigDict(env_prefix="SHADOWER_", frozen=True, extra="ignore")

    database_url: str = Field(validation_alias="DATABASE_URL")
    """PostgreSQL 15 or newer, as libpq writes it: postgresql://user@host/database."""

    kafka_brokers: str = Field(default="", validation_alias="KAFKA_BROKERS")
    """Kafka 4 or newer, as host:port,host:port. Empty: no Kafka, the database does its work."""

    log_topic: str = "shadower.log"
    """Topic between ingestion and the writer."""

    bus_topic: str = "shadower.bus"
    """Topic of the event bus."""

    topic_partitions: int = Field(default=6, ge=1, le=1000)
    """Partitions of a topic that is not there yet: the most writers that can share the work."""

    topic_replication: int = Field(default=1, ge=1, le=7)
    """Copies of a topic that is not there yet. With 3, two must have a record before it counts."""

    redis_url: str = Field(default="", validation_alias="REDIS_URL")
    """Redis 7 or Valkey, as redis://host:port/0, rediss:// or unix://path: the tier of the cache
    that replicas share, and where limits are counted. Empty: each process has its own alone."""

    redis_timeout_seconds: float = Field(default=0.1, gt=0, le=10)
    """After this long an answer is looked for, or a limit judged, without Redis."""

    cache_staleness_seconds: float = Field(default=10, ge=0, le=300)
    """How old an answer may be whose facts have changed since; a request may ask for fresher."""

    cache_lifetime_seconds: float = Field(default=3600, gt=0, le=86_400)
    """After this long an answer is calculated anew, even if its facts have not changed."""

    cache_entries: int = Field(default=10_000, ge=0)
    """Most answers that a process remembers."""

    cache_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """Most bytes of answers that a process remembers. 0: none are, in Redis neither."""

    metrics_exporter: Literal["", "none", "otlp"] = Field(
        default="", validation_alias="OTEL_METRICS_EXPORTER"
    )
    """Whether metrics are sent by OTLP over gRPC. Empty: if there is an endpoint for them. Headers,
    interval and the like are as OpenTelemetry has them: OTEL_EXPORTER_OTLP_HEADERS and so on."""

    otlp_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
    """Where a collector of metrics listens, as http://host:4317. Not the endpoint of all signals:
    whoever sends us telemetry has that set to our own edge."""

    prometheus_port: int | None = Field(
        default=None, ge=1, le=65535, validation_alias="OTEL_EXPORTER_PROMETHEUS_PORT"
    )
    """Port of the loopback on which Prometheus may fetch metrics. Unset: on none."""

    prices_file: Path | None = None
    """Price table for calls of models, as TOML. Unset: the one that comes with the service."""

    backlog_items: int = Field(default=20_000, ge=1)
    """Most items that wait to be written; further ones get RESOURCE_EXHAUSTED."""

    backlog_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """Most bytes that wait to be written; further ones get RESOURCE_EXHAUSTED."""

    failpoints: str = ""
    """Where a test ends, halts or fails the process: name=kill|pause|fail, or with @n."""

    environment: Literal["development", "production"] = "production"
    """Development switches gRPC reflection on; production leaves it off."""

    listen: str = "127.0.0.1:50051"
    """Where the process serves gRPC: host:port, or unix:/path."""

    tls_certificate_file: Path | None = None
    """PEM chain of the certificate that the process shows, read again when it is replaced."""

    tls_key_file: Path | None = None
    """PEM key of that certificate."""

    tls_authority_file: Path | None = None
    """PEM certificates of those who vouch for callers. Who shows none of theirs is not heard."""

    plaintext: bool = False
    """Whether a port may be served without certificates in production: something else, as a mesh
    of sidecars, lets only the edge and other services through to it."""

    jwks_file: Path | None = None
    """JSON Web Key Set of the keys that sign tokens. Either this, or the address of one."""

    jwks_url: str = ""
    """Where an issuer publishes its JSON Web Key Set, as https://issuer/jwks.json."""

    jwks_seconds: float = Field(default=60, gt=0, le=3600)
    """The keys are read again after so long, and sooner if a token names one that is not known.
    As long, at most, a key is trusted that was removed."""

    jwt_algorithms: tuple[Literal["EdDSA", "ES256", "RS256", "HS256"], ...] = (
        "EdDSA",
        "ES256",
        "RS256",
    )
    """Accepted signatures. HS256 shares a signing secret with every service: by choice only."""

    jwt_issuer: str = "https://shadower.dev"
    """The `iss` that tokens must have."""

    jwt_audience: str = "shadower"
    """The `aud` that tokens must have."""

    jwt_max_seconds: float = Field(default=86_400, gt=0, le=31 * 86_400)
    """The longest that a token may live, from `iat` to `exp`, in all processes alike: a token that
    was revoked is remembered for as long."""

    mesh_issuer: str = "https://mesh.shadower.dev"
    """The `iss` of tokens that the mesh itself issues, for API keys and for its services."""

    mesh_jwks_file: Path | None = None
    """JSON Web Key Set of the keys that sign those. Unset: there are no such tokens."""

    mesh_key_file: Path | None = None
    """The private key that signs those, as a JSON Web Key; for processes that do."""

    pool_size: int = Field(default=4, ge=1, le=50)
    """Most connections of this process to the database."""

    statement_timeout_seconds: float = Field(default=20, gt=0, le=600)
    """After this long PostgreSQL gives a statement up."""

    query_cost: float = Field(default=10_000_000, gt=0)
    """What a question may cost whose answer is read from facts one by one, by PostgreSQL's own
    estimate: about so many executions. Dearer ones get QUERY_TOO_EXPENSIVE."""

    deadline_seconds: float = Field(default=30, gt=0, le=600)
    """Time for a unary call whose caller sets no deadline, and the most that one may have."""

    max_concurrent_calls: int = Field(default=1000, ge=1)
    """Calls in flight at once; further ones get RESOURCE_EXHAUSTED."""

    max_streams: int = Field(default=1000, ge=1)
    """Live streams at once; further ones get RESOURCE_EXHAUSTED."""

    slow_reader_seconds: float = Field(default=10, gt=0)
    """A stream whose reader takes no message for this long is ended."""

    drain_seconds: float = Field(default=10, ge=0)
    """Time that calls in flight have to end after SIGTERM."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity of what is logged."""

    @field_validator("failpoints")
    @classmethod
    def _are_failpoints(cls, asked: str) -> str:
        Failpoints(asked)
        return asked

    @model_validator(mode="after")
    def _has_one_source_of_keys(self) -> Self:
        if (self.jwks_file is None) == (not self.jwks_url):
            raise ValueError("either SHADOWER_JWKS_FILE or SHADOWER_JWKS_URL is needed")
        return self

    @model_validator(mode="after")
    def _has_all_of_a_certificate(self) -> Self:
        files = (self.tls_certificate_file, self.tls_key_file, self.tls_authority_file)
        if any(files) != all(files):
            raise ValueError(
                "SHADOWER_TLS_CERTIFICATE_FILE, _KEY_FILE and _AUTHORITY_FILE go together"
            )
        return self

    @model_validator(mode="after")
    def _has_two_issuers(self) -> Self:
        if self.mesh_issuer == self.jwt_issuer:
            raise ValueError("SHADOWER_MESH_ISSUER and SHADOWER_JWT_ISSUER must differ")
        return self

    @property
    def is_guarded(self) -> bool:
        """Whether only the edge and other services get through to it."""
        is_socket = self.listen.startswith("unix:")
        return is_socket or self.plaintext or self.tls_certificate_file is not None

    @property
    def log(self) -> str | None:
        """The topic by which facts come; None if ingestion writes straight to the database."""
        return self.log_topic if self.kafka_brokers else None

    @property
    def sends_metrics(self) -> bool:
        return self.metrics_exporter == "otlp" or bool(
            self.otlp_endpoint and not self.metrics_exporter
        )

    @property
    def reflection(self) -> bool:
        return self.environment == "development"
