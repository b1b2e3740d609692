"""What Envoy tells of a request, and whose budgets it is charged to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from gateway.limits.limit import DEFAULTS, OTHER, Budget, Limit, Scope
from services.runtime.identity import Principal

API_KEY_PREFIX = "api-key:"
MOST_WORKSPACES = 10
"""Of a token, charged for a request that names none."""
WORKSPACE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
IN_PATH = re.compile(r"/(?:v1/workspaces|api/v1/metrics)/([^/?:]+)")


class LimitSource(Protocol):
    """What holds in workspaces."""

    def limit(self, workspace_id: str, limit_class: str, scope: Scope) -> Limit: ...


@dataclass(frozen=True)
class Asked:
    """A request as the edge describes it."""

    limit_class: str
    authorization: str = ""
    header: str = ""
    path: str = ""
    """With its query; empty if it came as gRPC."""

    @property
    def token(self) -> str:
        scheme, _, token = self.authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def named(self) -> str:
        """The workspace that it names; empty if it names none. A path becomes the message's, so it
        counts before the header; services refuse requests whose names disagree."""
        found = IN_PATH.match(self.path)
        return unquote(found[1]) if found else self.header


def asked_by(entries: Mapping[str, str]) -> Asked:
    """From the entries of a descriptor. A class that is not known is a newer release's."""
    limit_class = entries.get("class", OTHER)
    return Asked(
        limit_class=limit_class if limit_class in DEFAULTS else OTHER,
        authorization=entries.get("authorization", ""),
        header=entries.get("workspace", ""),
        path=entries.get("path", ""),
    )


def budgets_of(asked: Asked, caller: Principal, limits: LimitSource) -> list[Budget]:
    """Those of each workspace and of the caller in it. Where the token does not cover one,
    only the caller is charged: nobody uses up what is a stranger's."""
    return [
        Budget(workspace_id, scope, subject, asked.limit_class, limit)
        for workspace_id in charged_workspaces(asked.named, caller)
        for scope, subject in _scopes(workspace_id, caller.subject)
        for limit in [limits.limit(workspace_id, asked.limit_class, scope)]
    ]


def charged_workspaces(named: str, caller: Principal) -> list[str]:
    """Empty names stand for a caller outside of his workspaces."""
    # What is no id of the contract, no service takes for one.
    covered = set(filter(WORKSPACE_ID.fullmatch, caller.workspace_ids))
    if named:
        return [named if named in covered else ""]
    return sorted(covered)[:MOST_WORKSPACES] or [""]


def scope_of(subject: str) -> Scope:
    return Scope.API_KEY if subject.startswith(API_KEY_PREFIX) else Scope.USER


def _scopes(workspace_id: str, subject: str) -> Iterator[tuple[Scope, str]]:
    if workspace_id:
        yield Scope.WORKSPACE, ""
    yield scope_of(subject), subject
