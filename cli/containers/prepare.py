"""`shadower prepare`: what containers need to know and nobody else may, made at the first start.

Each room of the folder is a volume, which only those mount that need what is in it.
"""

import base64
import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.home import Home, write_whole
from cli.tokens.keys import ensured_key, ensured_mesh_key, jwks_file, mesh_jwks_file, mesh_key_file

PASSWORD_BYTES = 32
SEALING_BYTES = 32
USER = "shadower"
# What is in a room that only one other program mounts, which runs as a user of its own.
FOR_OTHERS = 0o444


def prepare(
    folder: Annotated[Path, typer.Argument(help="Has a folder inside for each volume.")] = Path(
        "/var/lib/shadower"
    ),
) -> None:
    """Make keys and passwords for a set of containers. What is there already stays as it is."""
    _make_keys(folder)
    _make_password(folder)
    _make_sealing_key(folder)
    typer.echo("keys and passwords are there")


def _make_keys(folder: Path) -> None:
    home = Home(folder / "issuer")
    ensured_key(home)
    ensured_mesh_key(home)
    _publish(jwks_file(home), _room(folder / "trusted"))
    _publish(mesh_jwks_file(home), _room(folder / "trusted"))
    _publish(mesh_key_file(home), _room(folder / "mesh"))


def _publish(file: Path, room: Path) -> None:
    write_whole(room / file.name, file.read_text())


def _make_password(folder: Path) -> None:
    """The database's own copy is the first, so that an end in between leaves two that agree."""
    room, server = _room(folder / "database"), _room(folder / "server")
    password = server / "password"
    if not password.exists():
        write_whole(password, secrets.token_urlsafe(PASSWORD_BYTES), mode=FOR_OTHERS)
    # As libpq has it: any host, port and database.
    line = f"*:*:*:{USER}:{password.read_text()}\n"
    write_whole(room / "pgpass", line)


def _make_sealing_key(folder: Path) -> None:
    """What seals secrets of receivers: whoever loses it loses them."""
    key = _room(folder / "sealing") / "notification-key"
    if not key.exists():
        write_whole(key, base64.b64encode(secrets.token_bytes(SEALING_BYTES)).decode())


def _room(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
