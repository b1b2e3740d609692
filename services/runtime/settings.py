"""What a process is told by its environment: read once, checked, then frozen."""

from pathlib import Path

from pydantic import Field, field_validator

from services.runtime.failpoints import Failpoints
from services.runtime.kafka_settings import KafkaSettings
from services.runtime.process_settings import ProcessSettings


# The last one says what names of settings begin with.
class Settings(KafkaSettings, ProcessSettings):
    """One object per process, made by its `__main__`. A wrong value refuses to start."""

    database_url: str = Field(validation_alias="DATABASE_URL")
    """PostgreSQL 15 or newer, as libpq writes it: postgresql://user@host/database."""

    database_read_url: str = Field(default="", validation_alias="DATABASE_READ_URL")
    """A replica of that database, or several behind one address. Answers that may be as old as the
    replica is are read there, others where they are written. Empty: all are read there."""

    log_topic: str = "shadower.log"
    """Topic between ingestion and the writer."""

    bus_topic: str = "shadower.bus"
    """Topic of the event bus."""

    topic_partitions: int = Field(default=6, ge=1, le=1000)
    """Partitions of a topic that is not there yet: the most writers that can share the work."""

    topic_replication: int = Field(default=1, ge=1, le=7)
    """Copies of a topic that is not there yet. With 3, two must have a record before it counts."""

    kafka_session_seconds: float = Field(default=10, ge=1, le=300)
    """After so long without a word from a reader of a topic, others of its group get what it read.
    Brokers allow no less than their group.min.session.timeout.ms, six seconds unless told."""

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

    prices_file: Path | None = None
    """Price table for calls of models, as TOML. Unset: the one that comes with the service."""

    backlog_items: int = Field(default=20_000, ge=1)
    """Most items that wait to be written; further ones get RESOURCE_EXHAUSTED."""

    backlog_bytes: int = Field(default=64 * 1024 * 1024, ge=1)
    """Most bytes that wait to be written; further ones get RESOURCE_EXHAUSTED."""

    failpoints: str = ""
    """Where a test ends, halts or fails the process: name=kill|pause|fail, or with @n."""

    mesh_key_file: Path | None = None
    """The private key that signs tokens of the mesh, as a JSON Web Key; for processes that do."""

    pool_size: int = Field(default=4, ge=1, le=50)
    """Most connections of this process to the database."""

    statement_timeout_seconds: float = Field(default=20, gt=0, le=600)
    """After this long PostgreSQL gives a statement up."""

    query_cost: float = Field(default=10_000_000, gt=0)
    """What a question may cost whose answer is read from facts one by one, by PostgreSQL's own
    estimate: about so many executions. Dearer ones get QUERY_TOO_EXPENSIVE."""

    max_streams: int = Field(default=1000, ge=1)
    """Live streams at once; further ones get RESOURCE_EXHAUSTED."""

    objects_url: str = Field(default="", pattern="^((file|s3|gs|az)://.+)?$")
    """Where files are kept, as file:///folder or s3://bucket/prefix. Who keeps none needs none."""

    objects_endpoint: str = Field(
        default="", pattern="^(https?://.+)?$", validation_alias="AWS_ENDPOINT_URL"
    )
    """Where a store listens that speaks S3 and is not Amazon's, as https://host:port."""

    exports_at_once: int = Field(default=2, ge=1, le=16)
    """Exports that a process streams at once, each over a connection of its own and each of another
    workspace; further ones get EXPORTS_BUSY."""

    export_seconds: float = Field(default=900, gt=0, le=3600)
    """An export that takes longer is ended: as long, at most, it keeps the database from clearing
    up behind it."""

    @field_validator("failpoints")
    @classmethod
    def _are_failpoints(cls, asked: str) -> str:
        Failpoints(asked)
        return asked

    @property
    def log(self) -> str | None:
        """The topic by which facts come; None if ingestion writes straight to the database."""
        return self.log_topic if self.kafka_brokers else None

    @property
    def reflection(self) -> bool:
        return self.environment == "development"
