"""What there is to download, as objects of the store."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from services.reports.document import Document, Format
from services.reports.rendering import EXTENSIONS, MEDIA_TYPES, Renderer
from services.reports.rendering.renderer import RenderingError
from services.runtime.objects import Objects
from services.warehouse.reports.reports import Claim, File

PREFIX = "reports/"


@dataclass(frozen=True)
class Writing:
    """Renders documents, and keeps them."""

    renderer: Renderer
    objects: Objects

    async def render(self, document: Document, formats: Sequence[str]) -> list[bytes]:
        """In their order. Raises ResourceExhausted if it is too much, or RenderingError."""
        try:
            return await self.renderer.render_each(document, [Format(name) for name in formats])
        except RuntimeError as gone:
            # What uvloop says of the pipe to a child that has ended.
            raise RenderingError(str(gone)) from gone

    async def keep(self, files: Sequence[File], contents: Sequence[bytes]) -> None:
        for file, content in zip(files, contents, strict=True):
            await self.objects.put(file.key, content)

    async def forget(self, keys: Sequence[str]) -> None:
        await self.objects.delete(keys)


def files_of(claim: Claim, formats: Sequence[str], contents: Sequence[bytes]) -> list[File]:
    """Each attempt has keys of its own, so that who was overtaken overwrites nothing."""
    return [_file(claim, *one) for one in zip(formats, contents, strict=True)]


def folder_of(workspace_id: str, report_id: str = "") -> str:
    """Of a report, or of all of a workspace."""
    return f"{PREFIX}{workspace_id}/{report_id}/" if report_id else f"{PREFIX}{workspace_id}/"


def owner_of(key: str) -> tuple[str, str] | None:
    """The workspace and the report that a key is of; None if it is not one of ours."""
    parts = key.split("/")
    match parts:
        case ["reports", workspace_id, report_id, _]:
            return workspace_id, report_id
    return None


def _file(claim: Claim, name: str, content: bytes) -> File:
    chosen = Format(name)
    folder = folder_of(claim.workspace_id, claim.report_id)
    return File(
        format=name,
        key=f"{folder}{claim.number}.{EXTENSIONS[chosen]}",
        content_type=MEDIA_TYPES[chosen],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
