"""From a model and the contract to the files that Envoy reads."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cli.edge.busy import busy
from cli.edge.contract import build_descriptor, edition
from cli.edge.keys import key_set
from cli.edge.model import EdgeModel, Issuer
from cli.edge.routes import (
    body_paths,
    guarded_paths,
    methods_of,
    path_fields,
    paths_without_token,
    routes_of,
    services_of,
    two_way_paths,
)
from cli.home import write_whole

TEMPLATES = Path(__file__).parent.parent.parent / "envoy"


def write_configuration(model: EdgeModel, folder: Path) -> Path:
    """The file that Envoy is started with; those that it names are beside it.

    Raises WeakKeyError, or KeyError for a service outside the contract.
    """
    build_descriptor(model.descriptor)
    write_authentication(model, folder)
    _write_secrets(model, folder)
    config = folder / "edge.yaml"
    write_whole(config, render(model, folder))
    return config


def write_authentication(model: EdgeModel, folder: Path) -> None:
    """Who is let in. Envoy reads it again when it is replaced, and no connection ends by that."""
    issuers = [_provider(number, issuer, model) for number, issuer in enumerate(model.issuers)]
    methods = [method for one in model.upstreams for method in methods_of(one.service)]
    text = _rendered(
        "authentication.yaml.j2",
        model=model,
        issuers=issuers,
        paths_without_token=paths_without_token(methods),
    )
    write_whole(folder / "authentication.yaml", text)


def _write_secrets(model: EdgeModel, folder: Path) -> None:
    mutual = model.mutual
    certificates = {"edge": model.certificate, "mesh": mutual and mutual.certificate}
    secrets = {name: one for name, one in certificates.items() if one}
    for name in (*secrets, *(["authority", "callers"] if mutual else [])):
        values = {"name": name, "certificate": secrets.get(name), "mutual": mutual}
        write_whole(folder / f"{name}-secret.yaml", _rendered("secret.yaml.j2", **values))


def render(model: EdgeModel, folder: Path) -> str:
    clusters = [upstream.service for upstream in model.upstreams]
    methods = [method for cluster in clusters for method in methods_of(cluster)]
    routes = [
        route
        for one in model.upstreams
        for route in routes_of(one.service, has_others=one.most_replicas > 1)
    ]
    return _rendered(
        "edge.yaml.j2",
        model=model,
        folder=folder,
        services=[service for cluster in clusters for service in services_of(cluster)],
        methods=routes,
        guarded=guarded_paths(routes),
        replicas={one.service: one for one in model.upstreams},
        busy=busy(),
        edition=edition(),
        path_fields=path_fields(methods),
        two_way_paths=two_way_paths(methods),
        body_paths=body_paths(methods),
        leases=(TEMPLATES / "leases.lua").read_text(),
    )


def _rendered(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        # YAML has nothing of HTML to escape: templates quote values as JSON.
        autoescape=select_autoescape(default_for_string=False, default=False),
    )
    return environment.get_template(template).render(values)


def _provider(number: int, issuer: Issuer, model: EdgeModel) -> dict[str, Any]:
    keys = "" if issuer.url else key_set(issuer, model)
    return {"name": f"issuer-{number}", "issuer": issuer, "jwks": keys}
