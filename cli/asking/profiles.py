"""Profiles: what one need not type each time, by names, in a file of TOML.

default = "production"

[profiles.production]
address = "https://analytics.example.com"
workspace = "acme"
token_file = "~/.config/shadower/production.token"
time_zone = "Europe/Berlin"
"""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cli.failures import CommandError, ExitCode


@dataclass(frozen=True)
class Profile:
    """All of it may be absent."""

    address: str | None = None
    workspace: str | None = None
    token: str | None = None
    """The token itself, or an API key. A file is the better place for it."""
    token_file: str | None = None
    time_zone: str | None = None
    authority_file: str | None = None
    """Certificates, in PEM, of who vouches for the edge, if not everybody knows them."""

    def bearer(self) -> str | None:
        if self.token_file is None:
            return self.token
        return read_file(Path(self.token_file).expanduser()).strip()


KNOWN = frozenset(field.name for field in fields(Profile))


def profile_of(name: str | None) -> Profile:
    """The one of that name; of no name, the default of the file, if there is any."""
    path = profiles_file()
    if name is None and not path.exists():
        return Profile()
    content = _parsed(path)
    chosen = name or content.get("default")
    return Profile() if chosen is None else _profile(content, chosen, path)


def profiles_file() -> Path:
    named = os.environ.get("SHADOWER_PROFILES")
    configuration = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(named or f"{configuration}/shadower/profiles.toml").expanduser()


def read_file(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_file(path))
    except tomllib.TOMLDecodeError as error:
        raise _unusable(path, str(error)) from error


def _profile(content: dict[str, Any], name: str, path: Path) -> Profile:
    profiles = content.get("profiles", {})
    if name not in profiles:
        raise _unusable(path, f"no profile {name!r}, only {', '.join(profiles) or 'none'}")
    unknown = sorted(profiles[name].keys() - KNOWN)
    if unknown or not all(isinstance(value, str) for value in profiles[name].values()):
        said = f"{', '.join(unknown) or 'a value that is no text'} in profile {name!r}"
        raise _unusable(path, f"{said}; known are {', '.join(sorted(KNOWN))}")
    return Profile(**profiles[name])


def _unusable(path: Path, why: str) -> CommandError:
    return CommandError(f"{path}: {why}", exit_code=ExitCode.CONFIGURATION)
