"""Configuration that pages show is read by what reads it."""

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from graphql import build_schema, parse, validate

from tests.support.stack import ROOT


class _Loader(yaml.SafeLoader):
    """Takes tags of Compose."""


_Loader.add_constructor("!reset", lambda *_: None)


def _read_graphql(text: str) -> None:
    schema = build_schema((ROOT / "gateway/web/graphql/schema.graphql").read_text())
    assert validate(schema, parse(text)) == []


def _read_yaml(text: str) -> None:
    assert list(yaml.load_all(text, _Loader))


READERS: Mapping[str, Callable[[str], Any]] = {
    "json": json.loads,
    "yaml": _read_yaml,
    "toml": tomllib.loads,
    "graphql": _read_graphql,
}
"""By language. Each raises if it cannot read a text."""
