"""Writes an RPC: what calls have to know of it, and a method that makes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, MethodOptions

from tools.client.annotations import Types
from tools.client.contract import Contract, Thing, items_of, longest_seconds
from tools.client.docs import docstring, indented
from tools.client.naming import MERGED, RESUMED, method_name, parameter, snake

REPEATED, MESSAGE = FieldDescriptorProto.LABEL_REPEATED, FieldDescriptorProto.TYPE_MESSAGE
SIZE = frozenset({"page_size", "page_token"})


@dataclass(frozen=True)
class Answer:
    """What a method gives back."""

    annotation: str
    unwrap: str = ""
    """The field of the response that is its content."""
    items: str = ""
    """The field that a page lists, if the answer comes in pages, and what that holds."""
    item: str = ""


@dataclass
class Rpc:
    """One RPC of a service."""

    contract: Contract
    types: Types
    service: Thing
    rpc: Thing

    def declaration(self) -> str:
        """What calls have to know, as a constant."""
        path = f'"/{self.service.name[1:]}/{self.rpc.name}"'
        classes = (self._stub(self.rpc.proto.input_type), self._stub(self.rpc.proto.output_type))
        plain = self.answer.annotation
        returns = "type(None)" if plain == "None" else plain
        said = ", ".join([path, *classes, returns, *self._options()])
        return f"{self._constant} = Method({said})"

    def definition(self, prefix: str) -> str:
        """The method, of the class that blocks or of the one that awaits."""
        define, returns, body = self._way(prefix)
        name = method_name(self.rpc.name)
        text = f"{define} {name}({', '.join(self._signature())}) -> {returns}:\n"
        return text + indented(f"{self._docs()}\nreturn {body}") + "\n"

    @cached_property
    def answer(self) -> Answer:
        response = self.contract.messages[self.rpc.proto.output_type]
        if not response.members:
            return Answer("None")
        members = {one.name: one.proto for one in response.members}
        items = items_of(self.contract, response)
        if "next_page_token" in members and items:
            item = self.types.inner(members[items])
            return Answer(response.short, items=items, item=item)
        return self._unwrapped(members) or Answer(response.short)

    def _unwrapped(self, members: dict[str, FieldDescriptorProto]) -> Answer | None:
        """A response that is one message says nothing by itself."""
        [name, *others] = members
        only = members[name]
        is_message = only.type == MESSAGE and only.label != REPEATED
        if others or not is_message or only.HasField("oneof_index"):
            return None
        return Answer(self.types.inner(only), unwrap=name)

    @property
    def _constant(self) -> str:
        return snake(self.rpc.name).upper()

    def _stub(self, message: str) -> str:
        thing = self.contract.messages[message]
        return f"{thing.source.rpartition('.')[2]}.{thing.short}"

    def _options(self) -> Iterator[str]:
        if self.rpc.proto.options.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN:
            yield "is_idempotent=True"
        if longest := longest_seconds(self.rpc.proto):
            yield f"longest_seconds={longest}.0"
        if self.answer.unwrap:
            yield f'unwrap="{self.answer.unwrap}"'

    @property
    def _request(self) -> Thing:
        return self.contract.messages[self.rpc.proto.input_type]

    @property
    def _has_workspace(self) -> bool:
        return "workspace_id" in {one.name for one in self._request.members}

    @property
    def _fields(self) -> list[Thing]:
        """Those that callers may set; of an answer whose pages are read as one, none of these."""
        hidden = {"workspace_id", *(SIZE if self.rpc.name in MERGED else ())}
        return [one for one in self._request.members if one.name not in hidden]

    def _signature(self) -> list[str]:
        """What is required may be given by its place, all else by its name."""
        needed, named = [], []
        for one in self._fields:
            typing = self.types.of_parameter(self._request, one.proto)
            said = f"{parameter(one.name)}: {typing.annotation}"
            if typing.default:
                named.append(f"{said} = {typing.default}")
            else:
                needed.append(said)
        workspace = ["workspace: str | None = None"] if self._has_workspace else []
        return ["self", *needed, "*", *named, *workspace, "timeout: float | None = None"]

    def _docs(self) -> str:
        said = [
            f":param {parameter(one.name)}: {one.comment}" for one in self._fields if one.comment
        ]
        return docstring("\n\n".join([self.rpc.comment, *said]))

    def _way(self, prefix: str) -> tuple[str, str, str]:
        """How it is defined, what it returns, and the expression that does."""
        answer = self.answer
        if self.rpc.proto.server_streaming:
            way = "resumed" if self.rpc.name in RESUMED else "stream"
            return "def", f"{prefix}Iterator[{answer.annotation}]", self._call(way)
        if self.rpc.name in MERGED:
            return self._merged(prefix)
        if answer.items:
            returns = f"{prefix}Pages[{answer.annotation}, {answer.item}]"
            return "def", returns, self._call("pages", f'"{answer.items}"')
        if prefix:
            return "async def", answer.annotation, f"await {self._call('unary')}"
        return "def", answer.annotation, self._call("unary")

    def _merged(self, prefix: str) -> tuple[str, str, str]:
        pages = self._call("pages", f'"{self.answer.items}"') + ".pages()"
        if prefix:
            body = f"merged([page async for page in {pages}])"
            return "async def", self.answer.annotation, body
        return "def", self.answer.annotation, f"merged(list({pages}))"

    def _call(self, way: str, *more: str) -> str:
        values = ", ".join(f'"{one.name}": {parameter(one.name)}' for one in self._fields)
        workspace = "workspace" if self._has_workspace else "None"
        said = [self._constant, f"{{{values}}}", workspace, "timeout", *more]
        return f"self._caller.{way}({', '.join(said)})"
