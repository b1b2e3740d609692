"""Looks for passwords, keys and tokens in all that is kept under version control:
`python -m tools.secrets`, or with `--accept` to have what is found now count as none.

What only looks like a secret stands in .secrets.baseline, by its file and its hash.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core import baseline
from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.secrets_collection import SecretsCollection

BASELINE = Path(".secrets.baseline")
OUTDATED = f"has no longer what {BASELINE} says of it"
# Made from what is looked at, or not ours, or hashes and nothing else.
PASSED_OVER = re.compile(
    r"(gen|third_party|docs/reference|client/python/src/shadower_client/api)/|tests/data/"
    r"|gateway/web/reference/openapi\.json$"
    r"|(constraints\.txt|package-lock\.json|contract\.binpb)$"
)


def main() -> None:
    known = baseline.load_from_file(str(BASELINE))
    accepted = baseline.load(known, str(BASELINE))
    found = SecretsCollection()
    found.scan_files(*_files())
    if sys.argv[1:] == ["--accept"]:
        baseline.save_to_file(baseline.format_for_output(found, is_slim_mode=True), str(BASELINE))
        return
    complaints = [*_told(found - accepted, "may be a secret"), *_told(accepted - found, OUTDATED)]
    if complaints:
        sys.exit("\n".join(complaints))


def _files() -> Iterator[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - git
    names = listed.stdout.splitlines()
    return (name for name in names if not PASSED_OVER.match(name) and Path(name).is_file())


def _told(secrets: SecretsCollection, what: str) -> Iterator[str]:
    for file, secret in secrets:
        yield f"{_place(file, secret)} {what} ({secret.type})"


def _place(file: str, secret: PotentialSecret) -> str:
    return f"{file}:{secret.line_number}" if secret.line_number else file


if __name__ == "__main__":
    main()
