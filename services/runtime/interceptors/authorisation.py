"""Decides on the decoded message against verified claims.

Never on the URL: through the transcoder a query parameter can override a field that the path set.
"""

from google.protobuf.message import Message

from services.runtime.call import Call, Interceptor
from services.runtime.faults import PermissionDenied


class Authorisation(Interceptor):
    """Refuses messages for a workspace, or an RPC, that the caller's token does not cover."""

    def admit(self, call: Call, message: Message) -> None:
        asked = str(message.workspace_id)  # type: ignore[attr-defined] # Every request has one.
        call.workspace_id = call.workspace_id or asked
        _check_workspace(call, asked)
        _check_permission(call)


def _check_workspace(call: Call, asked: str) -> None:
    """A stream stays in the workspace of its first message; later ones need not repeat it."""
    is_covered = call.workspace_id in call.principal.workspace_ids - {""}
    if not is_covered or asked not in ("", call.workspace_id):
        raise PermissionDenied(
            "WORKSPACE_DENIED",
            f"the token does not cover workspace {asked!r}",
            metadata={"workspaceId": asked},
        )


def _check_permission(call: Call) -> None:
    needed = call.contract.permission
    if not needed or needed not in call.principal.permissions:
        raise PermissionDenied(
            "PERMISSION_MISSING",
            f"the token lacks the permission {needed}",
            metadata={"permission": needed},
        )
