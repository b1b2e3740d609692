"""Certificates in files, for those who must show one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cli import certificates

SERVER_NAME = "mesh.internal"
LIFE = timedelta(days=1)


@dataclass
class Authority(certificates.Authority):
    """One that keeps what it makes in folders."""

    life: timedelta = LIFE

    def write(self, folder: Path) -> Path:
        """Its own certificate."""
        return _written(folder / "authority.pem", self.certificate())

    def issue(
        self, folder: Path, name: str = SERVER_NAME, life: timedelta = LIFE
    ) -> tuple[Path, Path]:
        """The files of a certificate and its key; those of before are replaced. The key comes
        last, so that for a moment they do not belong together."""
        issued = self.vouch_for([name, "localhost"], life)
        return (
            _written(folder / "certificate.pem", issued.certificate),
            _written(folder / "key.pem", issued.key),
        )


def _written(path: Path, content: bytes) -> Path:
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    return draft.replace(path)
