"""Changes Envoy's configuration before it starts: what a test must notice is tried on such ones."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

# The one in C, where it is there: a configuration has thousands of lines.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Configuration:
    """The files that Envoy reads, parsed."""

    edge: Any
    authentication: Any

    @property
    def manager(self) -> Any:
        """Of the connections of the port that callers see."""
        [edge, *_] = self.edge["static_resources"]["listeners"]
        return edge["filter_chains"][0]["filters"][0]["typed_config"]

    @property
    def routes(self) -> Any:
        return self.manager["route_config"]["virtual_hosts"][0]["routes"]

    @property
    def runtime(self) -> Any:
        return self.edge["layered_runtime"]["layers"][0]["static_layer"]

    @property
    def tokens(self) -> Any:
        """Whose tokens are let in, and where one is needed."""
        return self.authentication["resources"][0]["typed_config"]

    @property
    def provider(self) -> Any:
        return self.tokens["providers"]["issuer-0"]

    def filter(self, name: str) -> Any:
        [found] = [one for one in self.manager["http_filters"] if one["name"].endswith(name)]
        return found["typed_config"]


Mutation = Callable[[Configuration], None]


def rewrite(folder: Path, mutate: Mutation) -> None:
    """The files of a folder. JSON is YAML."""
    files = [folder / "edge.yaml", folder / "authentication.yaml"]
    configuration = Configuration(*(yaml.load(one.read_text(), LOADER) for one in files))
    mutate(configuration)
    for file, content in zip(
        files, (configuration.edge, configuration.authentication), strict=True
    ):
        file.write_text(json.dumps(content))
