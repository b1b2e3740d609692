"""Envoy's question about a request with an API key, and our answer (envoy.service.auth.v3)."""

import base64
from collections.abc import Mapping
from typing import Protocol

from edge_api import external_auth_service_pb2 as pb
from edge_api.external_auth_service_pb2_grpc import AuthorizationServicer
from google.protobuf.json_format import MessageToJson
from google.rpc.status_pb2 import Status

from services.runtime.bearer import bearer_of
from services.runtime.call import Context
from services.runtime.faults import Fault, ResourceExhausted, Unauthenticated
from services.runtime.status import to_status

KEY_HEADER = "x-api-key"
OVERWRITE = pb.HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD


class TokensForSecrets(Protocol):
    """Who lets programs in."""

    async def token_for(self, secret: str) -> str: ...


class AuthorizationChecks(AuthorizationServicer):
    """Puts a token of the mesh in place of a key, or refuses the request as the edge would."""

    def __init__(self, admission: TokensForSecrets) -> None:
        self._admission = admission

    async def Check(self, request: pb.CheckRequest, context: Context) -> pb.CheckResponse:
        headers = request.attributes.request.http.headers
        try:
            token = await self._admission.token_for(_secret(headers))
        except Fault as fault:
            return _refused(fault, headers)
        return pb.CheckResponse(
            status=Status(code=0),
            ok_response=pb.OkHttpResponse(
                headers=[_header("authorization", f"Bearer {token}")],
                headers_to_remove=[KEY_HEADER],
            ),
        )


def _secret(headers: Mapping[str, str]) -> str:
    """The key of its own header, or else the bearer token."""
    if KEY_HEADER in headers:
        return headers[KEY_HEADER].strip()
    return bearer_of(headers.get("authorization", ""))


def _refused(fault: Fault, headers: Mapping[str, str]) -> pb.CheckResponse:
    status = to_status(fault)
    is_grpc = headers.get("content-type", "").startswith("application/grpc")
    denied = pb.DeniedHttpResponse(
        status=pb.HttpStatus(code=_http_code(fault)),
        headers=[_header("content-type", "application/json")],
        body=MessageToJson(status, indent=None),
    )
    if is_grpc:
        # What Envoy makes of it: the body is the message, and headers are trailers.
        details = base64.b64encode(status.SerializeToString()).decode()
        denied.headers[0].CopyFrom(_header("grpc-status-details-bin", details))
        denied.body = status.message
    return pb.CheckResponse(status=Status(code=status.code), denied_response=denied)


def _http_code(fault: Fault) -> int:
    if isinstance(fault, Unauthenticated):
        return 401
    return 429 if isinstance(fault, ResourceExhausted) else 503


def _header(key: str, value: str) -> pb.HeaderValueOption:
    return pb.HeaderValueOption(
        header=pb.HeaderValue(key=key, value=value), append_action=OVERWRITE
    )
