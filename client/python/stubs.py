"""Packs the contract's stubs: of the repository's gen/ folder, or of an sdist's."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("shadower", "buf")


class Stubs(BuildHookInterface):
    """Told by pyproject.toml."""

    PLUGIN_NAME = "custom"

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        """Places them where imports look for them: at the top of a wheel, in gen/ of an sdist."""
        inside = Path(self.root) / "gen"
        source = inside if inside.exists() else Path(self.root).parent.parent / "gen"
        place = "gen/" if self.target_name == "sdist" else ""
        for name in PACKAGES:
            build_data["force_include"][str(source / name)] = f"{place}{name}"
