"""Has Envoy look at the configuration of every kind of edge: `python -m tools.edges`."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cli.edge.model import WEB, Certificate, EdgeModel, Issuer, Mutual, Tracing, Upstream
from cli.edge.program import validation
from cli.edge.rendering import write_configuration
from cli.stack.services import SERVICES
from cli.tokens.keys import new_key
from tools.certificates import SERVER_NAME, Authority

SECONDS = 60
ISSUER = Issuer("https://issuer.example", "shadower", "https://issuer.example/jwks.json")


def edges(folder: Path) -> Iterator[tuple[str, EdgeModel]]:
    """Each differs from the others in what the templates decide by."""
    plain = _plain(folder)
    yield "development", plain
    yield (
        "production",
        replace(plain, environment="production", cors_origins=("https://a.example",)),
    )
    yield "several issuers", replace(plain, issuers=(*plain.issuers, ISSUER))
    yield "encrypted", _encrypted(plain, folder)
    yield "by itself", _by_itself(plain, folder)
    yield "the mesh alone", replace(_by_itself(plain, folder), is_public=False, issuers=())
    yield "traced", replace(plain, tracing=Tracing("http://127.0.0.1:4317", 10.0))
    heeding = Tracing("http://127.0.0.1:4317", 10.0, heeds_outsiders=True)
    yield "traced as callers say", replace(plain, tracing=heeding)
    collector = Tracing("https://collector.example", 100.0, heeds_callers=False)
    yield "traced afar", replace(plain, tracing=collector, environment="production")
    without = tuple(one for one in plain.upstreams if one.service != plain.limiter)
    yield "the least", replace(plain, upstreams=without, web=None, mesh="")


def _plain(folder: Path) -> EdgeModel:
    keys = folder / "jwks.json"
    keys.write_text(json.dumps({"keys": [new_key().public]}))
    return EdgeModel(
        upstreams=tuple(
            Upstream(service, (f"unix:/run/{name}.sock",)) for name, service in SERVICES.items()
        ),
        web=Upstream(WEB, ("unix:/run/web.sock",)),
        mesh=f"unix:{folder}/mesh.sock",
        issuers=(Issuer("https://shadower.dev", "shadower", keys),),
        descriptor=folder / "contract.binpb",
        environment="development",
    )


def _encrypted(plain: EdgeModel, folder: Path) -> EdgeModel:
    authority = Authority()
    trusted, certificate = authority.write(folder), Certificate(*authority.issue(folder))
    named = tuple(Upstream(one.service, ("mesh.internal:50051",)) for one in plain.upstreams)
    mutual = Mutual(certificate, trusted, SERVER_NAME)
    return replace(plain, upstreams=named, certificate=certificate, mutual=mutual)


def _by_itself(plain: EdgeModel, folder: Path) -> EdgeModel:
    return replace(
        _encrypted(plain, folder),
        mesh="127.0.0.1:8081",
        metrics="127.0.0.1:9090",
        admin=f"unix:{folder}/admin.sock",
        dns="127.0.0.1:8600",
    )


def complaint(model: EdgeModel, folder: Path) -> str:
    """What Envoy says of a configuration that is not perfect; "" of one that is."""
    folder.mkdir()
    command = validation(write_configuration(model, folder))
    # Envoy is no input of anybody's.
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603
    said = done.stdout + done.stderr
    return said if done.returncode or "[warning]" in said else ""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (kind, model) in enumerate(edges(folder)):
            said = complaint(model, folder / str(number))
            if said:
                sys.exit(f"the edge of kind {kind!r}: {said}")


if __name__ == "__main__":
    main()
