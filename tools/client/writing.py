"""Writes the module of one area: its enums, dataclasses and methods."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, MethodOptions

from tools.client.annotations import NATIVE, Types
from tools.client.contract import Contract, Thing, longest_seconds
from tools.client.naming import (
    AREAS_LEFT_OUT,
    LEFT_OUT,
    MERGED,
    RESUMED,
    SERVICES_LEFT_OUT,
    TABLES,
    constant,
    method_name,
    parameter,
    snake,
)

HEAD = '''"""{title}

Made from the contract by tools/client, and not to be edited.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

{stubs}

from shadower_client.api import {areas}
from shadower_client.calling import Caller
from shadower_client.calling_async import AsyncCaller
from shadower_client.errors import ShadowerError
from shadower_client.frames import AggregateTable, SeriesTable, Table
from shadower_client.interval import Interval
from shadower_client.message import Message, OpenEnum, named
from shadower_client.method import Method
from shadower_client.native import Chunk, Number
from shadower_client.pages import AsyncPages, Pages
from shadower_client.series import merged
'''
SIZE = ("page_size", "page_token")


@dataclass
class Answer:
    """What a method gives back."""

    annotation: str
    unwrap: str
    items: str
    """The field that a page lists, if the answer comes in pages."""
    item: str = ""


@dataclass
class Writing:
    """Of one area."""

    contract: Contract
    area: str

    def __post_init__(self) -> None:
        requests = self.contract.requests()
        self.requests = requests
        self.types = Types(self.contract, self.area, self.contract.within(requests))

    def text(self) -> str:
        parts = [*self._enums(), *self._messages()]
        for service in self._services():
            parts += [
                *self._methods(service),
                self._class(service, ""),
                self._class(service, "Async"),
            ]
        return self._head() + "\n\n" + "\n\n".join(parts)

    def _head(self) -> str:
        services = list(self._services())
        stubs = sorted(
            {
                self._stub(name)
                for one in services
                for m in one.members
                for name in (m.proto.input_type, m.proto.output_type)
            }
        )
        lines = "\n".join(
            f"from {one.rpartition('.')[0]} import {one.rpartition('.')[2]}" for one in stubs
        )
        areas = sorted(
            {one.area for one in self.contract.messages.values()} - {self.area} - AREAS_LEFT_OUT
        )
        title = f"Of shadower.{self.area}.v1."
        return HEAD.format(title=title, stubs=lines, areas=", ".join(areas))

    def _stub(self, message: str) -> str:
        return self.contract.messages[message].source

    def _of_area(self, things: dict[str, Thing]) -> Iterator[Thing]:
        return (one for one in things.values() if one.area == self.area)

    def _services(self) -> Iterator[Thing]:
        return (
            one
            for one in self._of_area(self.contract.services)
            if one.short not in SERVICES_LEFT_OUT
        )

    def _enums(self) -> Iterator[str]:
        for enum in self._of_area(self.contract.enums):
            members = (
                f"{constant(enum.short, one.name)} = {one.proto.number}\n{_doc(one.comment)}"
                for one in enum.members
            )
            body = _indented("\n".join([_doc(enum.comment), "", *members]))
            yield f'@named("{enum.name[1:]}")\nclass {enum.short}(OpenEnum):\n{body}\n'

    def _messages(self) -> Iterator[str]:
        for message in self._of_area(self.contract.messages):
            if message.name not in self.requests and message.name not in NATIVE:
                yield self._message(message)

    def _message(self, message: Thing) -> str:
        items = self._items(message)
        table = f", {TABLES.get(message.short, 'Table')}" if items else ""
        lines = [_doc(message.comment), "", f'PROTO: ClassVar[str] = "{message.name[1:]}"']
        if items:
            lines.append(f'ITEMS: ClassVar[str] = "{items}"')
        for one in message.members:
            typing = self.types.of_field(message, one)
            default = f" = {typing.default}" if typing.default else ""
            lines.append(f"{one.name}: {typing.annotation}{default}\n{_doc(one.comment)}")
        head = "@dataclass(frozen=True, slots=True, kw_only=True)\n"
        return f"{head}class {message.short}(Message{table}):\n{_indented(chr(10).join(lines))}\n"

    def _items(self, message: Thing) -> str:
        """The one list of messages that an answer is, if it is one."""
        if not message.short.endswith("Response"):
            return ""
        listed = [
            one.name
            for one in message.members
            if one.proto.label == FieldDescriptorProto.LABEL_REPEATED
            and one.proto.type_name in self.contract.messages
        ]
        return listed[0] if len(listed) == 1 else ""

    def _rpcs(self, service: Thing) -> Iterator[Thing]:
        return (one for one in service.members if one.name not in LEFT_OUT)

    def _methods(self, service: Thing) -> Iterator[str]:
        for rpc in self._rpcs(service):
            request, response = (
                self._class_of_stub(name) for name in (rpc.proto.input_type, rpc.proto.output_type)
            )
            answer = self._answer(rpc)
            extra = ""
            if rpc.proto.options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN:
                extra += ", is_idempotent=True"
            if longest := longest_seconds(rpc.proto):
                extra += f", longest_seconds={longest}.0"
            if answer.unwrap:
                extra += f', unwrap="{answer.unwrap}"'
            returns = "type(None)" if answer.annotation == "None" else answer.annotation
            yield (
                f'{_constant(rpc)} = Method("/{service.name[1:]}/{rpc.name}", '
                f"{request}, {response}, {returns}{extra})"
            )

    def _class_of_stub(self, message: str) -> str:
        thing = self.contract.messages[message]
        return f"{thing.source.rpartition('.')[2]}.{thing.short}"

    def _answer(self, rpc: Thing) -> Answer:
        response = self.contract.messages[rpc.proto.output_type]
        if not response.members:
            return Answer("None", "", "")
        names = [one.name for one in response.members]
        if "next_page_token" in names and (items := self._items(response)):
            field = next(one.proto for one in response.members if one.name == items)
            return Answer(response.short, "", items, self.types.inner(field))
        only = response.members[0].proto
        if (
            len(names) == 1
            and only.type == FieldDescriptorProto.TYPE_MESSAGE
            and only.label != FieldDescriptorProto.LABEL_REPEATED
            and not only.HasField("oneof_index")
        ):
            return Answer(self.types.inner(only), only.name, "")
        return Answer(response.short, "", "")

    def _class(self, service: Thing, prefix: str) -> str:
        name = f"{prefix}{service.short.removesuffix('Service')}Api"
        lines = [
            _doc(service.comment),
            f"\ndef __init__(self, caller: {prefix}Caller) -> None:\n    self._caller = caller\n",
        ]
        lines += [self._def(rpc, prefix) for rpc in self._rpcs(service)]
        return f"class {name}:\n{_indented(chr(10).join(lines))}\n"

    def _def(self, rpc: Thing, prefix: str) -> str:
        request = self.contract.messages[rpc.proto.input_type]
        answer = self._answer(rpc)
        hidden = {"workspace_id", *(SIZE if rpc.name in MERGED else ())}
        fields = [one for one in request.members if one.name not in hidden]
        has_workspace = "workspace_id" in {one.name for one in request.members}
        typed = {one.name: self.types.of_parameter(request, one.proto) for one in fields}
        needed = [one.name for one in fields if not typed[one.name].default]
        other = [one.name for one in fields if typed[one.name].default]
        named = [f"{parameter(n)}: {typed[n].annotation} = {typed[n].default}" for n in other]
        named += ["workspace: str | None = None"] if has_workspace else []
        named += ["timeout: float | None = None"]
        signature = [
            "self",
            *(f"{parameter(n)}: {typed[n].annotation}" for n in needed),
            "*",
            *named,
        ]
        workspace = "workspace" if has_workspace else "None"
        values = ", ".join(f'"{one.name}": {parameter(one.name)}' for one in fields)
        call = f"self._caller.{{}}({_constant(rpc)}, {{{{{values}}}}}, {workspace}, timeout{{}})"
        define, returns, body = _kind(rpc, answer, prefix, call)
        docs = _doc("\n\n".join([rpc.comment, *_arguments(needed + other, fields)]), body=True)
        text = f"{define} {method_name(rpc.name)}({', '.join(signature)}) -> {returns}:\n"
        return text + _indented(f"{docs}\nreturn {body}") + "\n"


def _kind(rpc: Thing, answer: Answer, prefix: str, call: str) -> tuple[str, str, str]:
    """How it is defined, what it returns, and the expression that does."""
    if rpc.proto.server_streaming:
        way = "resumed" if rpc.name in RESUMED else "stream"
        return "def", f"{prefix}Iterator[{answer.annotation}]", call.format(way, "")
    if rpc.name in MERGED:
        pages = call.format("pages", f', "{answer.items}"') + ".pages()"
        if prefix:
            return "async def", answer.annotation, f"merged([page async for page in {pages}])"
        return "def", answer.annotation, f"merged(list({pages}))"
    if answer.items:
        returns = f"{prefix}Pages[{answer.annotation}, {answer.item}]"
        return "def", returns, call.format("pages", f', "{answer.items}"')
    if prefix:
        return "async def", answer.annotation, f"await {call.format('unary', '')}"
    return "def", answer.annotation, call.format("unary", "")


def _constant(rpc: Thing) -> str:
    return snake(rpc.name).upper()


def _arguments(names: list[str], fields: list[Thing]) -> list[str]:
    comments = {one.name: one.comment for one in fields}
    return [f":param {parameter(name)}: {comments[name]}" for name in names if comments[name]]


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")


def _doc(comment: str, *, body: bool = False) -> str:
    """A docstring; of a method, with its parameters below."""
    paragraphs = [
        textwrap.fill(one, 88, subsequent_indent="    " if one.startswith(":param") else "")
        for one in comment.replace("\\", "\\\\").replace('"""', "'''").split("\n\n")
    ]
    text = paragraphs[0] + ("\n\n" + "\n".join(paragraphs[1:]) if paragraphs[1:] else "")
    if not text:
        return ""
    end = "\n" if "\n" in text or text.endswith('"') else ""
    return f'"""{text}{end}"""' if body or text else ""
