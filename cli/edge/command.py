"""`shadower edge`."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from pydantic import ValidationError

from cli.edge.model import UNIX, WEB, Certificate, EdgeModel, Endpoint, Issuer, Mutual, Upstream
from cli.edge.rendering import write_configuration
from cli.edge.running import RunningEdge
from cli.edge.settings import WEB_NAME, EdgeSettings, what_is_wrong
from cli.edge.tracing import tracing_of
from cli.failures import CommandError, UsageError
from cli.stack.services import SERVICES
from services.runtime.key_sets import WeakKeyError


def edge() -> None:
    """Run the edge alone, in the foreground: Envoy, by what the environment says.

    Its settings begin with SHADOWER_EDGE_ (docs/operations/mesh.md). SIGTERM has it end when what
    is under way has ended.
    """
    settings = _told()
    with _folder(settings.edge_folder) as folder:
        model = model_of(settings, folder)
        config = _configuration(model, folder)
        running = RunningEdge(model, folder, config, settings)
        code = asyncio.run(running.run())
    raise typer.Exit(code)


def model_of(settings: EdgeSettings, folder: Path) -> EdgeModel:
    listener = Endpoint(settings.edge_listen or "127.0.0.1:0")
    services = settings.edge_services
    return EdgeModel(
        upstreams=tuple(
            Upstream(service, services[name])
            for name, service in SERVICES.items()
            if name in services
        ),
        web=Upstream(WEB, services[WEB_NAME]) if WEB_NAME in services else None,
        issuers=tuple(_issuers(settings)),
        descriptor=folder / "contract.pb",
        mesh=settings.edge_mesh_listen,
        metrics=settings.edge_metrics_listen,
        is_public=bool(settings.edge_listen),
        host=listener.host,
        port=listener.port,
        admin=f"{UNIX}{folder / 'admin.sock'}",
        algorithms=settings.jwt_algorithms,
        hedge_seconds=settings.edge_hedge_seconds,
        replicas_of_a_name=settings.edge_replicas,
        dns=settings.edge_dns,
        keys_seconds=max(6, round(settings.jwks_seconds)),
        certificate=_certificate(settings),
        mutual=_mutual(settings),
        cors_origins=settings.edge_cors_origins,
        environment=settings.environment,
        tracing=tracing_of(settings),
    )


def _told() -> EdgeSettings:
    try:
        return EdgeSettings()
    except ValidationError as wrong:
        raise UsageError(f"the edge cannot start: {what_is_wrong(wrong)}") from wrong


def _issuers(settings: EdgeSettings) -> Iterator[Issuer]:
    audience = settings.jwt_audience
    keys = settings.jwks_file or settings.jwks_url
    if keys:
        yield Issuer(settings.jwt_issuer, audience, keys)
    if settings.mesh_jwks_file:
        yield Issuer(settings.mesh_issuer, audience, settings.mesh_jwks_file)


def _certificate(settings: EdgeSettings) -> Certificate | None:
    chain, key = settings.edge_tls_certificate_file, settings.edge_tls_key_file
    return Certificate(chain.absolute(), key.absolute()) if chain and key else None


def _mutual(settings: EdgeSettings) -> Mutual | None:
    chain, key = settings.tls_certificate_file, settings.tls_key_file
    authority = settings.tls_authority_file
    if not (chain and key and authority):
        return None
    own = Certificate(chain.absolute(), key.absolute())
    return Mutual(own, authority.absolute(), settings.tls_server_name)


def _configuration(model: EdgeModel, folder: Path) -> Path:
    try:
        _read_certificates(model)
        return write_configuration(model, folder)
    except (WeakKeyError, OSError) as unusable:
        raise CommandError(f"the edge cannot start: {unusable}", exit_code=1) from unusable


def _read_certificates(model: EdgeModel) -> None:
    """Raises OSError. Envoy would wait for them, and refuse callers meanwhile."""
    certificates = [model.certificate, model.mutual.certificate if model.mutual else None]
    files = [file for one in certificates if one for file in (one.chain, one.key)]
    for file in (*files, *([model.mutual.authority] if model.mutual else [])):
        file.read_bytes()


@contextmanager
def _folder(asked: Path | None) -> Iterator[Path]:
    if asked is None:
        with tempfile.TemporaryDirectory(prefix="shadower-edge-") as made:
            yield Path(made)
        return
    asked.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield asked.absolute()
