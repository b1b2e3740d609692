"""What Envoy tells of a request, and whose budgets it is charged to."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote

from gateway.limits.lease import NO_LENDING, Lease, Lending
from gateway.limits.limit import DEFAULTS, OTHER, Budget, Limit, Scope
from services.runtime.bearer import bearer_of
from services.runtime.bus.dead_letter import WORKSPACE
from services.runtime.faults import ResourceExhausted
from services.runtime.identity import Principal
from services.runtime.mesh_tokens import API_KEY

MOST_WORKSPACES = 10
"""Of a token, charged for a request that names none."""
NAMING_HEADER = "x-shadower-workspace"
WANTED = re.compile("[0-9]{1,9}")
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
    lending: Lending = NO_LENDING

    @property
    def token(self) -> str:
        return bearer_of(self.authorization)

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
        lending=_lending(entries),
    )


def _lending(entries: Mapping[str, str]) -> Lending:
    """Written by the edge's filter; what it would not write, is not there."""
    wanted = entries.get("wanted", "")
    return Lending(
        wanted=int(wanted) if WANTED.fullmatch(wanted) else 0,
        returned=Lease.read(entries.get("returned", "")),
    )


def budgets_of(asked: Asked, caller: Principal, limits: LimitSource) -> list[Budget]:
    """Those of each workspace and of the caller in it. Where the token does not cover one,
    only the caller is charged: nobody uses up what is a stranger's. Raises a Fault if the token
    covers so many that one must be named."""
    return [
        Budget(workspace_id, scope, subject, asked.limit_class, limit)
        for workspace_id in charged_workspaces(asked.named, caller)
        for scope, subject in _scopes(workspace_id, caller.subject)
        for limit in [limits.limit(workspace_id, asked.limit_class, scope)]
    ]


def charged_workspaces(named: str, caller: Principal) -> list[str]:
    """Empty names stand for a caller outside of his workspaces."""
    covered = _covered(caller)
    if named:
        return [named if named in covered else ""]
    # To charge some of them would let whoever works in the others go free.
    if len(covered) > MOST_WORKSPACES:
        raise _ambiguous(len(covered))
    return sorted(covered) or [""]


def meant_workspace(named: str, caller: Principal) -> str:
    """The one that a request surely is about; empty if only its message says which."""
    covered = _covered(caller)
    if named:
        return named if named in covered else ""
    return covered.pop() if len(covered) == 1 else ""


def _covered(caller: Principal) -> set[str]:
    """What is no id of the contract, no service takes for one."""
    return set(filter(WORKSPACE.fullmatch, caller.workspace_ids))


def _ambiguous(covered: int) -> ResourceExhausted:
    return ResourceExhausted(
        "WORKSPACE_AMBIGUOUS",
        f"the token covers {covered} workspaces, more than are charged at once: say which one is"
        f" meant in the header {NAMING_HEADER}",
        metadata={"header": NAMING_HEADER},
    )


def scope_of(subject: str) -> Scope:
    return Scope.API_KEY if subject.startswith(API_KEY) else Scope.USER


def _scopes(workspace_id: str, subject: str) -> Iterator[tuple[Scope, str]]:
    if workspace_id:
        yield Scope.WORKSPACE, ""
    yield scope_of(subject), subject
