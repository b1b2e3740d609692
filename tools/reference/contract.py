"""The contract, from its descriptors and comments, as Markdown."""

from collections.abc import Iterable, Iterator
from typing import Any

from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    FileDescriptor,
    MethodDescriptor,
)
from google.protobuf.descriptor_pb2 import MethodOptions
from shadower.common.v1.permission_pb2 import limit_class, required_permission

from services.runtime.contract import class_name, permission_name
from tools.comments import comment_of, comments
from tools.fuzzing.rpcs import CONTRACT, rpcs_of_the_contract

HEAD = """# The gRPC contract

Made by `make gen` from [the contract](../../proto/shadower) and its comments. Rules of fields are
checked before a service sees a request; who breaks one is told of the field. Every error has a
reason of [ErrorReason](#shadowercommonv1errorreason).
"""
REPEATABLE = {
    MethodOptions.NO_SIDE_EFFECTS: "changes nothing",
    MethodOptions.IDEMPOTENT: "may be repeated",
}
SCALARS = {
    getattr(FieldDescriptor, name): name.removeprefix("TYPE_").lower()
    for name in dir(FieldDescriptor)
    if name.startswith("TYPE_")
}


def contract() -> str:
    return "\n".join((HEAD, *_packages())).rstrip() + "\n"


def _packages() -> Iterator[str]:
    files = sorted(_files(), key=lambda file: file.name)
    for package in sorted({file.package for file in files}):
        yield f"## {package}\n"
        ours = [file for file in files if file.package == package]
        for file in ours:
            for service in file.services_by_name.values():
                yield from _service(service)
        for file in ours:
            yield from _messages(file.message_types_by_name.values())
            yield from _enums(file.enum_types_by_name.values())


def _files() -> Iterator[FileDescriptor]:
    """Those with comments of ours: all of the contract's own."""
    rpcs_of_the_contract()
    pool, names = descriptor_pool.Default(), set()
    for name in comments():
        if name.startswith(CONTRACT):
            try:
                file = pool.FindFileContainingSymbol(name)
            except KeyError:
                # A value of an enum is in descriptors beside its enum, not below it.
                continue
            if file.name not in names:
                names.add(file.name)
                yield file


def _service(service: Any) -> Iterator[str]:
    yield f"### {service.name}\n"
    yield comment_of(service.full_name) + "\n"
    for method in service.methods:
        yield from _method(method)


def _method(method: MethodDescriptor) -> Iterator[str]:
    yield f"#### {method.containing_service.name}.{method.name}\n"
    taken = _streamed(method.client_streaming, method.input_type)
    given = _streamed(method.server_streaming, method.output_type)
    yield f"{taken} → {given}\n"
    yield comment_of(method.full_name) + "\n"
    options = method.GetOptions()
    permission = permission_name(options.Extensions[required_permission])
    told = [f"needs `{permission}`", f"charged to {class_name(options.Extensions[limit_class])}"]
    told += [REPEATABLE[options.idempotency_level]] if options.idempotency_level else []
    yield f"{'; '.join(told)}.".capitalize() + _ways(method) + "\n"


def _ways(method: MethodDescriptor) -> str:
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    ways = [
        f"`{verb.upper()} {getattr(one, verb)}`"
        for one in (rule, *rule.additional_bindings)
        if (verb := one.WhichOneof("pattern"))
    ]
    return f" Over HTTP: {', '.join(ways)}." if ways else ""


def _streamed(streams: bool, kind: Descriptor) -> str:
    return f"{'stream of ' if streams else ''}{_link(kind)}"


def _messages(kinds: Iterable[Descriptor]) -> Iterator[str]:
    for kind in kinds:
        if kind.GetOptions().map_entry:
            continue
        yield f"### {kind.full_name}\n"
        yield comment_of(kind.full_name) + "\n"
        if kind.fields:
            yield "| Field | Type | Meaning |\n|---|---|---|"
            yield from (
                f"| `{one.name}` | {_type(one)} | {_cell(comment_of(one.full_name))} |"
                for one in kind.fields
            )
            yield ""
        yield from _messages(kind.nested_types)
        yield from _enums(kind.enum_types)


def _enums(kinds: Iterable[EnumDescriptor]) -> Iterator[str]:
    for kind in kinds:
        yield f"### {kind.full_name}\n"
        yield comment_of(kind.full_name) + "\n"
        yield "| Value | Number | Meaning |\n|---|---|---|"
        yield from (
            f"| `{one.name}` | {one.number} | {_cell(comment_of(f'{kind.full_name}.{one.name}'))} |"
            for one in kind.values
        )
        yield ""


def _type(field: FieldDescriptor) -> str:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        key, value = kind.fields_by_name["key"], kind.fields_by_name["value"]
        return f"map of {_type(key)} to {_type(value)}"
    named = kind or field.enum_type
    single = _link(named) if named else SCALARS[field.type]
    if field.is_repeated:
        return f"repeated {single}"
    is_optional = kind is None and field.has_presence and field.containing_oneof is None
    return f"optional {single}" if is_optional or _is_optional(field) else single


def _is_optional(field: FieldDescriptor) -> bool:
    """A field that says so has a oneof of its own, which is nobody else's."""
    group = field.containing_oneof
    return group is not None and group.name == f"_{field.name}"


def _link(kind: Descriptor | EnumDescriptor) -> str:
    name = kind.full_name
    if not name.startswith(CONTRACT):
        return f"`{name}`"
    return f"[{name.rpartition('.')[2]}](#{name.replace('.', '').lower()})"


def _cell(text: str) -> str:
    return text.replace("\n\n", " ").replace("|", "\\|")
