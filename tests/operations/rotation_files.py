"""Certificates, who vouches for them, and sets of keys, as files that are replaced one by one."""

import asyncio
import json
from pathlib import Path

from services.runtime.certificate import Certificate
from tests.support.keys import KeyRing
from tools.certificates import SERVER_NAME, Authority

FLOW_SECONDS = 3


class Files:
    """A certificate, its key and who vouches for them, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "drafts").mkdir(parents=True)
        self.authority = Authority()
        self.trusted = self.authority.write(folder)
        self.chain, self.key = self.authority.issue(folder)

    @property
    def certificate(self) -> Certificate:
        return Certificate(self.chain, self.key, self.trusted, SERVER_NAME)

    def trust(self, *authorities: Authority) -> None:
        drafts = self._folder / "drafts"
        told = [one.write(drafts).read_bytes() for one in authorities]
        draft = drafts / "all.pem"
        draft.write_bytes(b"".join(told))
        draft.replace(self.trusted)

    def issue(self, authority: Authority) -> None:
        authority.issue(self._folder)


def publish(path: Path, *rings: KeyRing) -> None:
    """Whole, and put in place in one step."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"keys": [one.public() for one in rings]}))
    draft.replace(path)


async def certificates_change(files: Files) -> None:
    """One file after the other."""
    files.issue(files.authority)
    await asyncio.sleep(FLOW_SECONDS)


async def authority_changes(files: Files) -> None:
    old, new = files.authority, Authority()
    for step in (lambda: files.trust(old, new), lambda: files.issue(new), lambda: files.trust(new)):
        step()
        await asyncio.sleep(FLOW_SECONDS)
    files.authority = new
