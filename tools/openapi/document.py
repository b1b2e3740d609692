"""The document: a path for each way that the contract gives an RPC over HTTP."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.rpc.status_pb2 import Status
from shadower.common.v1.permission_pb2 import (
    admits_by_secret,
    limit_class,
    required_permission,
)

from services.runtime.contract import class_name, permission_name
from tools.comments import comment_of, summary_of
from tools.openapi.examples import EXAMPLES
from tools.openapi.reasons import reasons_of
from tools.openapi.rules import Schema, is_required, rules_of
from tools.openapi.schemas import WELL_KNOWN, Schemas

PATH_FIELD = re.compile(r"{(\w+)}")
# What is somebody else's comes as it is, in one of these.
BODY_TYPES = ("application/json", "application/x-protobuf")
HTTP_BODY = "google.api.HttpBody"
# Whether the caller's messages, and the answers, are many.
STREAMING = {
    (False, False): "",
    (False, True): "answers",
    (True, False): "requests",
    (True, True): "both",
}
ERRORS = {
    "400": "The request breaks the contract.",
    "401": "No token came, or none that is good.",
    "403": "The token does not allow it.",
    "404": "What the request names is not there.",
    "408": "The request took too long to arrive.",
    "409": "What is to be stored contradicts what is stored.",
    "413": "The body is too large.",
    "429": "There is no room for it now; the header retry-after says when.",
    "431": "The headers are too large.",
    "503": "It cannot be done now; the header retry-after says when.",
    "504": "Time ran out.",
}


ABOUT = (
    "Analytics for platforms on which AI agents work in workspaces. Every RPC of the gRPC "
    "contract that speaks JSON is here, as protobuf's JSON mapping has it: 64-bit integers and "
    "money are texts, and what is not known is absent, which is not zero. Errors are "
    "google.rpc.Status with a reason."
)
SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the identity provider, or an API key.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "An API key, as AccessService.CreateApiKey gives it.",
    },
}


def openapi_document(methods: Iterable[MethodDescriptor], version: str) -> dict[str, Any]:
    """Of the methods that have a way over HTTP."""
    schemas = Schemas()
    listed = list(methods)
    paths: dict[str, dict[str, Any]] = {}
    for method in listed:
        for number, rule in enumerate(_bindings(method)):
            verb = rule.WhichOneof("pattern")
            operation = _Operation(method, rule, getattr(rule, verb), schemas)
            paths.setdefault(operation.path, {})[verb] = operation.described(number)
    error = schemas.of_answer(Status.DESCRIPTOR)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shadower Analytics", "version": version, "description": ABOUT},
        "servers": [{"url": "/", "description": "The edge that serves this document."}],
        "security": [{"bearer": []}, {"apiKey": []}],
        "tags": _tags(listed),
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "responses": {code: _error(code, why, error) for code, why in ERRORS.items()},
            "schemas": schemas.components,
        },
    }


def _tags(methods: Iterable[MethodDescriptor]) -> list[dict[str, str]]:
    spoken = (method.containing_service for method in methods if any(_bindings(method)))
    services = {service.name: service for service in spoken}
    return [
        {"name": name, "description": comment_of(one.full_name)} for name, one in services.items()
    ]


def _error(code: str, why: str, status: Schema) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": status}
    if examples := reasons_of(code):
        content["examples"] = examples
    return {"description": why, "content": {"application/json": content}}


def _event(message: Schema) -> Schema:
    """One of a stream: its data is a message as text."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": message}
    return {"type": "object", "properties": {"data": data}, "required": ["data"]}


def _bindings(method: MethodDescriptor) -> Iterator[HttpRule]:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    return (one for one in (rule, *rule.additional_bindings) if one.WhichOneof("pattern"))


class _Operation:
    """One way to one RPC."""

    def __init__(
        self, method: MethodDescriptor, rule: HttpRule, path: str, schemas: Schemas
    ) -> None:
        self.path = path
        self._method = method
        self._rule = rule
        self._schemas = schemas
        self._in_path = PATH_FIELD.findall(path)

    def described(self, number: int) -> dict[str, Any]:
        service = self._method.containing_service
        name = f"{service.name}.{self._method.name}"
        operation: dict[str, Any] = {
            "operationId": f"{name}.{number}" if number else name,
            "tags": [service.name],
            **self._about(),
            "parameters": [*self._parameters_of_path(), *self._parameters_of_query()],
            "responses": {
                "200": {"description": "The answer.", "content": self._answer()},
                **{code: {"$ref": f"#/components/responses/{code}"} for code in ERRORS},
            },
        }
        if self._rule.body:
            operation["requestBody"] = {"required": True, "content": self._content()}
        if self._method.GetOptions().Extensions[admits_by_secret]:
            operation["security"] = []
        return operation

    def _about(self) -> dict[str, Any]:
        options = self._method.GetOptions().Extensions
        said = comment_of(self._method.full_name)
        about = {
            "summary": summary_of(said),
            "description": said,
            "x-grpc-method": f"/{self._method.containing_service.full_name}/{self._method.name}",
            "x-permission": permission_name(options[required_permission]),
            "x-limit-class": class_name(options[limit_class]),
        }
        streaming = STREAMING[self._method.client_streaming, self._method.server_streaming]
        return about | ({"x-streaming": streaming} if streaming else {})

    def _parameters_of_path(self) -> Iterator[dict[str, Any]]:
        for name in self._in_path:
            field = self._method.input_type.fields_by_name[name]
            schema = self._schemas.of_parameter(field)
            yield {
                "name": name,
                "in": "path",
                "description": comment_of(field.full_name),
                "required": True,
                "schema": {"minLength": 1} | schema,
            }

    def _parameters_of_query(self) -> Iterator[dict[str, Any]]:
        if self._rule.body:
            return
        for name, field, is_needed in _leaves(self._method.input_type, set(self._in_path)):
            yield {
                "name": name,
                "in": "query",
                "description": comment_of(field.full_name),
                "required": is_needed,
                "schema": self._schemas.of_parameter(field),
            }

    def _content(self) -> dict[str, Any]:
        if self._rule.body != "*":
            return {one: {"schema": {}} for one in BODY_TYPES}
        schema = self._schemas.of_content(self._method.input_type, self._in_path)
        if self._method.client_streaming:
            schema = {"type": "array", "items": schema}
        content: dict[str, Any] = {"schema": schema}
        example = EXAMPLES.get(f"{self._method.containing_service.name}.{self._method.name}")
        if example:
            content["example"] = example
        return {"application/json": content}

    def _answer(self) -> dict[str, Any]:
        if self._rule.response_body and self._method.server_streaming:
            return {"*/*": {"schema": {}}}
        if self._rule.response_body:
            return {one: {"schema": {}} for one in BODY_TYPES}
        schema = self._schemas.of_answer(self._method.output_type)
        if not self._method.server_streaming:
            return {"application/json": {"schema": schema}}
        if self._method.client_streaming:
            return {"application/json": {"schema": {"type": "array", "items": schema}}}
        return {"text/event-stream": {"schema": _event(schema)}}


def _leaves(
    kind: Descriptor, without: set[str], prefix: str = "", *, is_there: bool = True
) -> Iterator[tuple[str, FieldDescriptor, bool]]:
    """Fields that a query can name: of messages, their fields. None of an optional message must
    be there."""
    for field in kind.fields:
        if field.name in without:
            continue
        name = prefix + field.json_name
        message = field.message_type
        if message is None or message.full_name in WELL_KNOWN:
            yield name, field, is_there and is_required(field)
        elif not field.is_repeated:
            is_inner_there = is_there and bool(rules_of(field).required)
            yield from _leaves(message, set(), f"{name}.", is_there=is_inner_there)
