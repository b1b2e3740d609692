"""What every process is told by its environment, also one that holds no database connection."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ProcessSettings(BaseSettings):
    """Where a process listens, whose tokens it trusts, how long things may take."""

    model_config = SettingsConfigDict(env_prefix="SHADOWER_", frozen=True, extra="ignore")

    environment: Literal["development", "production"] = "production"
    """Development lets callers look at the contract: gRPC reflection, GraphQL introspection."""

    listen: str = "127.0.0.1:50051"
    """Address on which the process listens, as host:port or unix:/path."""

    health_listen: str = ""
    """host:port on which anybody may ask how the process is (grpc.health.v1), in plain: probes have
    no certificate. Empty: on none."""

    tls_certificate_file: Path | None = None
    """PEM chain of the certificate that the process shows, read again when it is replaced."""

    tls_key_file: Path | None = None
    """PEM key of that certificate."""

    tls_authority_file: Path | None = None
    """PEM certificates of those who vouch for callers. Who shows none of theirs is not heard."""

    tls_server_name: str = "mesh.internal"
    """Name that certificates of the mesh are for: whoever calls wants to see it."""

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

    deadline_seconds: float = Field(default=30, gt=0, le=600)
    """Time for a unary call whose caller sets no deadline, and the most that one may have, but for
    RPCs that the contract lets take longer."""

    max_concurrent_calls: int = Field(default=1000, ge=1)
    """Calls in flight at once; further ones get RESOURCE_EXHAUSTED."""

    slow_reader_seconds: float = Field(default=10, gt=0)
    """A stream whose reader takes no message for this long is ended."""

    notice_seconds: float = Field(default=2, ge=0, le=60)
    """After SIGTERM a process says that it is not ready, and goes on for so long: whoever sends it
    calls has to notice first, or some of them would fail."""

    drain_seconds: float = Field(default=10, ge=0)
    """Time that calls in flight have to end after that."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severity of what is logged."""

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
