"""`tests/kubernetes/run`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tests.kubernetes.cluster import NODE, running
from tests.kubernetes.outside import start_cache, start_database
from tests.kubernetes.processes import TrialError
from tests.kubernetes.programs import HELM, Workshop, missing
from tests.kubernetes.trial import (
    Outside,
    Trial,
    admission,
    image_of,
    install_definitions,
    life,
    life_alone,
    say,
)

CACHE = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "shadower-kubernetes"


def main(
    image: Annotated[
        Path | None,
        typer.Option(help="The image, as `docker save` writes it. Without, no pod runs."),
    ] = None,
    servers: Annotated[
        list[Path] | None,
        typer.Option(help="Further images, for an installation with dev.enabled. Repeatable."),
    ] = None,
    only: Annotated[str, typer.Option(help="helm3 or helm4. [default: one after the other]")] = "",
    cache: Annotated[Path, typer.Option(help="Where programs are kept.")] = CACHE,
    only_build: Annotated[bool, typer.Option("--only-build", help="Build, and stop.")] = False,
) -> None:
    """Build a Kubernetes, start it, and install the chart by Helm 3 and 4."""
    if lacking := missing():
        raise SystemExit(f"install first: {' '.join(lacking)}")
    workshop = Workshop(cache)
    workshop.build()
    if not only_build:
        _try(workshop, image, servers or [], only)


def _try(workshop: Workshop, image: Path | None, servers: list[Path], only: str) -> None:
    with running(workshop.folder / "cluster", workshop.bin) as cluster:
        say("a cluster of one node is ready")
        install_definitions(cluster)
        trials = [
            Trial(cluster, workshop.bin / name / "helm") for name in HELM if only in ("", name)
        ]
        for trial in trials:
            admission(trial)
        if image is None:
            return
        for archive in (image, *servers):
            cluster.import_image(archive)
        password, redis = start_database(cluster), start_cache(cluster)
        outside = Outside(password, f"redis://:{redis}@{NODE}:6379/0")
        for trial in trials:
            life(trial, outside, image_of(image))
            if servers:
                life_alone(trial, image_of(image))


if __name__ == "__main__":
    try:
        typer.run(main)
    except TrialError as failed:
        say(f"FAILED: {failed}")
        sys.exit(1)
