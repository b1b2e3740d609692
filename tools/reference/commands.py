"""The command line, from what its commands say of themselves, as Markdown."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, get_args

import typer

from cli.__main__ import COMMANDS, app
from cli.asking.connection import PANEL
from cli.failures import MEANINGS

# Options of every command that asks the edge, which are told once.
SHARED = {"home", "as_json"}
HEAD = """# The command line

Made by `make gen` from the commands' own help. `shadower COMMAND --help` says the same.

People read tables: units stand in the headings, the time zone below them, and a dash is what nobody
knows. Programs read JSON (`--json`), the same as the edge answers over HTTP: one document, or of
`tail` a line for each message; and of a file that was written its path, size, SHA-256 and, of an
export, rows. Results go to the standard output, and all else to the other: progress, of everything
that takes long, only if that is a terminal. Nothing is styled where it is none, or where `NO_COLOR`
is set.

Without a token, one is signed with the key of the home's stack, for that stack alone. An address
without a scheme is asked by TLS, unless it is this machine's.
"""
PROFILES = """## Profiles

A file of TOML, `~/.config/shadower/profiles.toml` or what `SHADOWER_PROFILES` names, says what one
need not type. An option counts more than the environment, and that more than a profile.

```toml
default = "production"

[profiles.production]
address = "https://analytics.example.com"
workspace = "acme"
token_file = "~/.config/shadower/production.token"
time_zone = "Europe/Berlin"
```

`token` and `authority_file` are known, too.

## Completion

`eval "$(shadower completion bash)"` in `~/.bashrc`;
`shadower completion zsh > ~/.zfunc/_shadower` for zsh;
`shadower completion fish > ~/.config/fish/completions/shadower.fish` for fish.
"""


def commands() -> str:
    root: Any = typer.main.get_command(app)
    asking = root.get_command(None, "summary")
    parts = [
        HEAD,
        "## Options of commands that ask the edge\n",
        *_parameters(one for one in asking.params if _is_shared(one)),
        PROFILES,
        *_codes(),
        "## Commands\n",
        *(line for name in COMMANDS for line in _command(root.get_command(None, name), name)),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _codes() -> Iterator[str]:
    yield "## Exit codes\n"
    yield "| Code | Meaning |\n|---|---|"
    yield from (f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items())
    yield ""


def _command(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    yield f"### `shadower {name}`\n"
    yield _text(command.help)
    if inner is None:
        yield from _parameters(one for one in command.params if not _is_told(one, command))
        yield from _examples(command.epilog)
    for word, one in (inner or {}).items():
        yield from _command(one, f"{name} {word}")


def _is_told(parameter: Any, command: Any) -> bool:
    """Those of every command that asks are told above."""
    asks = any(one.name == "profile" for one in command.params)
    return parameter.name == "help" or (asks and _is_shared(parameter))


def _is_shared(parameter: Any) -> bool:
    return getattr(parameter, "rich_help_panel", "") == PANEL or parameter.name in SHARED


def _text(text: str | None) -> str:
    parts = (text or "").split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts) + "\n"


def _parameters(parameters: Iterable[Any]) -> Iterator[str]:
    rows = [_row(one) for one in parameters]
    if rows:
        yield "| Option | Meaning |\n|---|---|"
        yield from rows
        yield ""


def _row(parameter: Any) -> str:
    is_argument = parameter.param_type_name == "argument"
    names = (
        [parameter.name.upper()] if is_argument else [*parameter.opts, *parameter.secondary_opts]
    )
    said = [getattr(parameter, "help", None) or "", *_more(parameter)]
    written = ", ".join(f"`{name}`" for name in names)
    return f"| {written} | {' '.join(filter(None, said)).replace('|', chr(92) + '|')} |"


def _more(parameter: Any) -> Iterator[str]:
    if choices := _choices(parameter.type_descriptor.annotation):
        yield f"One of {', '.join(choices)}."
    if parameter.required:
        yield "Required."
    if told := _default(parameter):
        yield f"Default: {told}."
    if parameter.envvar:
        yield f"Environment: `{parameter.envvar}`."


def _choices(kind: Any) -> list[str]:
    """Of an enum, or of a list of an enum."""
    kinds = [kind, *get_args(kind)]
    enums = [one for one in kinds if isinstance(one, type) and issubclass(one, Enum)]
    return [str(value.value) for one in enums for value in one]


def _default(parameter: Any) -> str:
    shown = getattr(parameter, "show_default", None)
    if isinstance(shown, str):
        return shown
    default = parameter.default
    if default in (None, "", False, (), []) or callable(default):
        return ""
    return f"`{getattr(default, 'value', default)}`"


def _examples(epilogue: str | None) -> Iterator[str]:
    lines = [line.strip() for line in (epilogue or "").splitlines()]
    typed = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    if typed:
        yield "\n".join(("```sh", *typed, "```\n"))
