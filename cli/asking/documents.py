"""What people keep in files: messages of the contract in JSON or YAML, one or many in a file."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from google.protobuf.json_format import ParseDict, ParseError

from cli.failures import CommandError, ExitCode, UsageError

STANDARD_INPUT = Path("-")
OTHERS = re.compile(r"[^a-z0-9]+")
MOST_LETTERS = 63

FilesOption = Annotated[
    list[Path],
    typer.Option(
        "--file",
        "-f",
        help="JSON or YAML; - is the standard input. May be repeated.",
    ),
]


@dataclass(frozen=True)
class Kind:
    """Of what is kept under an id."""

    name: str
    """The field of the kept message that is the content."""
    id_name: str
    """The field that is the id."""
    title: str
    """The field of the content that people call it by."""
    kept: Any
    """The message of all that is known of one. A file may have that, since lists are printed so;
    but for id and content it is not regarded."""
    many: str
    """The field of an answer that is a list of them."""


@dataclass(frozen=True)
class Named:
    """What is to be kept, and under which id."""

    id: str
    content: Any


def named_in(files: Sequence[Path], kind: Kind) -> list[Named]:
    """All that the files say, in their order. Raises CommandError, and UsageError if two have one
    id: which is meant is anybody's guess."""
    found = [_named(one, kind, path) for path in files for one in _documents(path, kind)]
    ids = [one.id for one in found]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise UsageError(f"there is more than one {kind.name} {', '.join(twice)}")
    return found


def id_of(title: str) -> str:
    """`Agents fail` is agents-fail."""
    return OTHERS.sub("-", title.lower()).strip("-")[:MOST_LETTERS].rstrip("-")


def _documents(path: Path, kind: Kind) -> Iterator[Any]:
    """Of a list as commands print it, each."""
    for one in _parsed(path):
        if isinstance(one, dict) and isinstance(one.get(kind.many), list):
            yield from _listed(one, kind, path)
        else:
            yield one


def _listed(document: dict[str, Any], kind: Kind, path: Path) -> list[Any]:
    """Who applies a list means all of it, and nobody would see what is not there."""
    if document.get("nextPageToken") or document.get("next_page_token"):
        raise _unusable(
            path, f"it has some of the {kind.many} only: list them with a larger --limit"
        )
    found: list[Any] = document[kind.many]
    return found


def _parsed(path: Path) -> list[Any]:
    """JSON is YAML as well."""
    try:
        text = sys.stdin.read() if path == STANDARD_INPUT else path.read_text(encoding="utf-8")
        return [one for one in yaml.load_all(text, _Loader) if one is not None]
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _unusable(path, str(error)) from error


class _Loader(yaml.SafeLoader):
    """What is no number, truth or null in JSON is a text: 17:30, 2026-11-01, no."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Of two values under one key the last would count, and the other be lost unseen."""
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise _more_than_one(key)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _more_than_one(key: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(
        problem=f"there is more than one {key.value}", problem_mark=key.start_mark
    )


_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _begins in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(0|[1-9][0-9]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), list(_begins)
    )


def _named(document: Any, kind: Kind, path: Path) -> Named:
    """With an id and a content, or the content alone, whose id is made of what it is called."""
    if not isinstance(document, dict):
        raise _unusable(path, f"{document!r:.40} is no {kind.name}")
    kept, is_whole = kind.kept(), kind.name in document
    content = getattr(kept, kind.name)
    try:
        ParseDict(document, kept if is_whole else content)
    except ParseError as error:
        raise _unusable(path, str(error)) from error
    own_id = getattr(kept, kind.id_name) or id_of(getattr(content, kind.title))
    if not own_id:
        raise _unusable(path, _without_id(kind, getattr(content, kind.title)))
    return Named(own_id, content)


def _without_id(kind: Kind, title: str) -> str:
    id_name = kind.kept.DESCRIPTOR.fields_by_name[kind.id_name].json_name
    if not title:
        return f"a {kind.name} has neither {id_name} nor {kind.title}"
    return f"{kind.title} {title!r:.40} has nothing of a-z and 0-9 to make an id of: give {id_name}"


def _unusable(path: Path, why: str) -> CommandError:
    return CommandError(f"{path}: {why}", exit_code=ExitCode.REFUSED)
