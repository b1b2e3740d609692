"""Envoy itself: where it is, and how it starts."""

import shutil
import sys
from pathlib import Path


def command(config: Path, *, concurrency: int = 2) -> list[str]:
    """How to start Envoy; several can run at once. Raises FileNotFoundError if it is not here."""
    # Without hot restart an Envoy claims no id that another one could hold.
    flags = ["--concurrency", str(concurrency), "--log-level", "warn", "--disable-hot-restart"]
    return [envoy_path(), "-c", str(config), *flags]


def validation(config: Path) -> list[str]:
    """How to have Envoy look at a configuration."""
    return [envoy_path(), "--mode", "validate", "-c", str(config), "--log-level", "warn"]


def envoy_path() -> str:
    beside = str(Path(sys.executable).parent)
    found = shutil.which("envoy", path=beside) or shutil.which("envoy")
    if found is None:
        raise FileNotFoundError("envoy is neither beside this Python nor on the PATH")
    return found
