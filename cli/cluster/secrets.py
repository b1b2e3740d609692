"""`shadower secrets`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.cluster.api import Cluster
from cli.cluster.contents import certificates, keys

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def secrets(  # noqa: PLR0913 - one parameter for each option
    *,
    secret: Annotated[str, typer.Option(help="Name of the Secret of keys and addresses.")],
    owner: Annotated[str, typer.Option(help="The ConfigMap with which the Secrets go.")],
    database_host: Annotated[str, typer.Option(help="Where PostgreSQL will be.")],
    cache_host: Annotated[str, typer.Option(help="Where Valkey will be.")],
    server_name: Annotated[
        list[str], typer.Option(help="A name that certificates are for. Repeatable.")
    ],
    account: Annotated[
        Path, typer.Option(help="Where the pod has its token of the cluster.")
    ] = ACCOUNT,
) -> None:
    """Make what Secrets a trial needs and the cluster lacks, from within one of its pods.

    What is there is neither read nor changed, so it may run again at any time.
    """
    cluster = Cluster.around(account)
    reference = cluster.reference("configmaps", owner)
    wanted = {
        secret: keys(database_host, cache_host),
        f"{secret}-tls": certificates(server_name),
    }
    for name, content in wanted.items():
        made = cluster.create_secret(name, content, reference)
        typer.echo(f"{name}: {'made' if made else 'is there'}")
