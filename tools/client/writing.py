"""Writes the module of one area: its enums, dataclasses and methods."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.client.annotations import NATIVE, Types
from tools.client.contract import Contract, Thing, items_of
from tools.client.docs import docstring, indented
from tools.client.methods import Rpc
from tools.client.naming import AREAS_LEFT_OUT, LEFT_OUT, SERVICES_LEFT_OUT, TABLES, constant

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
            rpcs = self._rpcs(service)
            parts += [one.declaration() for one in rpcs]
            parts += [_class(service, rpcs, prefix) for prefix in ("", "Async")]
        return self._head() + "\n\n" + "\n\n".join(parts)

    def _head(self) -> str:
        stubs = "\n".join(
            "from {0} import {2}".format(*one.rpartition(".")) for one in self._stubs()
        )
        areas = {one.area for one in self.contract.messages.values()} - AREAS_LEFT_OUT
        others = ", ".join(sorted(areas - {self.area}))
        return HEAD.format(title=f"Of shadower.{self.area}.v1.", stubs=stubs, areas=others)

    def _stubs(self) -> list[str]:
        """Modules that have the requests and responses."""
        rpcs = [rpc.proto for service in self._services() for rpc in service.members]
        names = {name for rpc in rpcs for name in (rpc.input_type, rpc.output_type)}
        return sorted({self.contract.messages[name].source for name in names})

    def _rpcs(self, service: Thing) -> list[Rpc]:
        kept = (one for one in service.members if one.name not in LEFT_OUT)
        return [Rpc(self.contract, self.types, service, one) for one in kept]

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
                f"{constant(enum.short, one.name)} = {one.proto.number}\n{docstring(one.comment)}"
                for one in enum.members
            )
            body = indented("\n".join([docstring(enum.comment), "", *members]))
            yield f'@named("{enum.name[1:]}")\nclass {enum.short}(OpenEnum):\n{body}\n'

    def _messages(self) -> Iterator[str]:
        for message in self._of_area(self.contract.messages):
            if message.name not in self.requests and message.name not in NATIVE:
                yield self._message(message)

    def _message(self, message: Thing) -> str:
        items = items_of(self.contract, message)
        table = f", {TABLES.get(message.short, 'Table')}" if items else ""
        lines = [docstring(message.comment), "", f'PROTO: ClassVar[str] = "{message.name[1:]}"']
        if items:
            lines.append(f'ITEMS: ClassVar[str] = "{items}"')
        for one in message.members:
            typing = self.types.of_field(message, one)
            default = f" = {typing.default}" if typing.default else ""
            lines.append(f"{one.name}: {typing.annotation}{default}\n{docstring(one.comment)}")
        head = "@dataclass(frozen=True, slots=True, kw_only=True)\n"
        return f"{head}class {message.short}(Message{table}):\n{indented(chr(10).join(lines))}\n"


def _class(service: Thing, rpcs: list[Rpc], prefix: str) -> str:
    made = f"def __init__(self, caller: {prefix}Caller) -> None:\n    self._caller = caller\n"
    lines = [docstring(service.comment), "", made, *(one.definition(prefix) for one in rpcs)]
    name = f"{prefix}{service.short.removesuffix('Service')}Api"
    return f"class {name}:\n{indented(chr(10).join(lines))}\n"
