"""The client as somebody gets it who has nothing: its wheel, built by way of an sdist, installed
into an empty environment, type-checked there, and the ten lines of its README run against
`shadower up`.

    python -m tests.operations.client_wheel

Installs packages by pip. Takes a minute or two.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.operations.ground import check, say
from tests.support.ports import free_port
from tests.support.stack import ROOT

SOURCE = ROOT / "client/python"
EXPECTED = "ExecutionCounts(total=1, running=0, succeeded=1, failed=0, timed_out=0, cancelled=0)"
TYPED = """
from shadower_client import Client
client = Client("localhost:8080", token="t")
reveal_type(client.workspaces.summary().cost.cost_usd)
client.metrics.query(1)
"""
READY_SECONDS = 120


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        folder = Path(made)
        folder.chmod(0o755)
        wheel = built(folder)
        python = installed(folder, wheel)
        types(folder, python)
        with running(folder) as port:
            ten_lines(folder, python, port)


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=bare | environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"FAILED: {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def new_environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    return folder / "bin/python"


def built(folder: Path) -> Path:
    """By way of an sdist, which must have all that the wheel needs."""
    tools = new_environment(folder / "tools")
    run(tools, "-m", "pip", "install", "-q", "build", cwd=folder)
    run(tools, "-m", "build", "--sdist", "--outdir", folder / "dist", SOURCE, cwd=folder)
    [sdist] = (folder / "dist").glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "sdist", filter="data")
    [inside] = (folder / "sdist").iterdir()
    run(tools, "-m", "build", "--wheel", "--outdir", folder / "dist", inside, cwd=folder)
    [wheel] = (folder / "dist").glob("*.whl")
    say(f"{wheel.name}: {wheel.stat().st_size // 1024} KiB")
    return wheel


def installed(folder: Path, wheel: Path) -> Path:
    python = new_environment(folder / "empty")
    run(python, "-m", "pip", "install", "-q", wheel, cwd=folder)
    names = re.findall(r"^([\w-]+)", run(python, "-m", "pip", "freeze", cwd=folder), re.MULTILINE)
    say(f"installed: {' '.join(names)}")
    known = {
        "googleapis-common-protos",
        "grpcio",
        "protobuf",
        "shadower-client",
        "typing_extensions",
    }
    check(set(names) <= known, "nothing else is installed")
    return python


def types(folder: Path, python: Path) -> None:
    """As mypy sees the installed package."""
    (folder / "typed.py").write_text(TYPED)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python)]
    cache = ["--cache-dir", str(folder / "cache"), "--config-file", os.devnull]
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*command, *cache, "typed.py"],
        cwd=folder,
        env=bare,
        text=True,
        capture_output=True,
        check=False,
    )
    check('"decimal.Decimal | None"' in done.stdout, "types are those of the package")
    check("Found 1 error" in done.stdout and '"query"' in done.stdout, "a wrong type is an error")


@contextmanager
def running(folder: Path) -> Iterator[int]:
    port, home = free_port(), folder / "home"
    command = [sys.executable, "-m", "cli", "up", "--port", str(port), "--home", str(home)]
    with (folder / "up.log").open("wb") as log:
        up = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        until_ready(port, up, folder / "up.log")
        yield port
    finally:
        up.terminate()
        up.wait(60)


def until_ready(port: int, up: "subprocess.Popen[bytes]", log: Path) -> None:
    ends_at = time.monotonic() + READY_SECONDS
    while not is_ready(port):
        if up.poll() is not None or time.monotonic() > ends_at:
            sys.exit(f"FAILED: it is not up:\n{log.read_text()[-2000:]}")
        time.sleep(0.5)


def is_ready(port: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200


def ten_lines(folder: Path, python: Path, port: int) -> None:
    readme = (SOURCE / "README.md").read_text()
    lines = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]
    command = [sys.executable, "-m", "cli", "token", "--workspace", "acme"]
    home, path = str(folder / "home"), os.environ.get("PYTHONPATH", "")
    token = run(*command, cwd=ROOT, SHADOWER_HOME=home, PYTHONPATH=path).strip()
    program = lines.replace("localhost:8080", f"localhost:{port}")
    said = run(python, "-c", program, cwd=folder, TOKEN=token)
    check(said.strip() == EXPECTED, f"the README's lines say {said.strip()}")


if __name__ == "__main__":
    main()
