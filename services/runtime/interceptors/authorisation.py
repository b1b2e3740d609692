"""Decides on the decoded message against verified claims.

Never on the URL: through the transcoder a query parameter can override a field that the path set.
"""

from collections.abc import Iterable

from google.protobuf.message import Message

from services.runtime.bus.dead_letter import SYSTEM_WORKSPACE, WORKSPACE
from services.runtime.call import WORKSPACE_HEADER, Call, Interceptor
from services.runtime.contract import RECORDING
from services.runtime.faults import MAX_FIELD, InvalidArgument, PermissionDenied
from services.runtime.identity import TokenVerifier, token_revoked


class Authorisation(Interceptor):
    """Refuses messages for a workspace, or an RPC, that the caller's token does not cover."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def admit(self, call: Call, message: Message) -> None:
        if call.contract.admits_by_secret:
            # For what the secret leads to, and nothing else: the servicer judges that.
            named = str(getattr(message, "workspace_id", ""))
            # No rule has been asked yet what it may be, and anybody may say it: it is logged.
            call.workspace_id = named if WORKSPACE.fullmatch(named) else ""
            return
        asked = _asked(call, message)
        call.workspace_id = call.workspace_id or asked
        _check_workspace(call, asked)
        _check_header(call)
        if self._verifier.has_ended_in(call.workspace_id, call.principal):
            raise token_revoked()
        _check_permission(call)
        _check_reserved(call)


def check_content(call: Call, workspace_ids: Iterable[str]) -> None:
    """For what names workspaces inside of what a servicer decodes: it must mean the call's."""
    for named in workspace_ids:
        if named != call.workspace_id:
            raise _denied(named)


def _asked(call: Call, message: Message) -> str:
    """The workspace that the message means. Messages of others have no field for it."""
    named = str(getattr(message, "workspace_id", ""))
    return named or (_implied(call) if call.contract.workspace_may_be_implied else "")


def _implied(call: Call) -> str:
    named = call.metadata.get(WORKSPACE_HEADER, "")
    covered = call.principal.workspace_ids - {""}
    if named or len(covered) <= 1:
        return named or "".join(covered)
    raise InvalidArgument(
        "WORKSPACE_AMBIGUOUS",
        f"the token covers several workspaces: {WORKSPACE_HEADER} must name one",
        metadata={"header": WORKSPACE_HEADER},
    )


def _check_workspace(call: Call, asked: str) -> None:
    """A stream stays in the workspace of its first message; later ones need not repeat it."""
    is_covered = call.workspace_id in call.principal.workspace_ids - {""}
    if not is_covered or asked not in ("", call.workspace_id):
        raise _denied(asked)


def _check_header(call: Call) -> None:
    """The edge charges the workspace that the header names; that must not be another one."""
    named = call.metadata.get(WORKSPACE_HEADER, call.workspace_id)
    if named != call.workspace_id:
        raise InvalidArgument(
            "WORKSPACE_CONTRADICTED",
            f"{WORKSPACE_HEADER} names another workspace than the request",
            metadata={"header": WORKSPACE_HEADER, "workspaceId": call.workspace_id},
        )


def _denied(workspace_id: str) -> PermissionDenied:
    """No rule has been asked yet how long a name may be; an error has to fit into trailers."""
    shown = workspace_id[:MAX_FIELD]
    return PermissionDenied(
        "WORKSPACE_DENIED",
        f"the token does not cover workspace {shown!r}",
        metadata={"workspaceId": shown},
    )


def _check_permission(call: Call) -> None:
    needed = call.contract.permission
    if not needed or needed not in call.principal.permissions:
        raise PermissionDenied(
            "PERMISSION_MISSING",
            f"the token lacks the permission {needed}",
            metadata={"permission": needed},
        )


def _check_reserved(call: Call) -> None:
    """Operators read there what is put aside; facts would be nobody's."""
    if call.workspace_id == SYSTEM_WORKSPACE and call.contract.permission == RECORDING:
        raise PermissionDenied(
            "WORKSPACE_RESERVED",
            f"nothing may be recorded into {SYSTEM_WORKSPACE}",
            metadata={"workspaceId": SYSTEM_WORKSPACE},
        )
