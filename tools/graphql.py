"""Prints the schema of GraphQL, with what the contract says of each part, for reading and for a
test to compare."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
    SourceCodeInfo,
)
from grpc_tools import protoc

from gateway.web.graphql.schema import bare_schema

ROOT = Path(__file__).parent.parent
Place = tuple[int, ...]
# Numbers of the fields of descriptor.proto, by which comments are found.
MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, NESTED, NESTED_ENUMS = 2, 3, 4
PARTS = 2
"""Values of an enum, and methods of a service."""


def main() -> None:
    print(written())  # noqa: T201 - it is what the command is for


def written() -> str:
    return bare_schema(dict(meanings())).as_str()


def meanings() -> Iterator[tuple[str, str]]:
    """The comments of the contract, by the full names of what they are about."""
    for file in parsed().file:
        comments = {tuple(at.path): _text(at) for at in file.source_code_info.location}
        for path, name in _names(file):
            if comments.get(path):
                yield name, comments[path]


def parsed() -> FileDescriptorSet:
    """The contract with its comments."""
    files = [str(path) for path in sorted((ROOT / "proto").rglob("*.proto"))]
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contract.pb"
        flags = [f"-I{ROOT / 'proto'}", f"-I{ROOT / 'third_party'}", "--include_source_info"]
        if protoc.main(["protoc", *_includes(), *flags, f"-o{target}", *files]) != 0:
            raise SystemExit("the contract cannot be read")
        return FileDescriptorSet.FromString(target.read_bytes())


def _includes() -> list[str]:
    return [f"-I{Path(protoc.__file__).parent / '_proto'}"]


def _text(at: SourceCodeInfo.Location) -> str:
    """A comment's lines are broken to fit a file; its paragraphs are its own."""
    paragraphs = at.leading_comments.strip().split("\n\n")
    return "\n\n".join(" ".join(one.split()) for one in paragraphs)


def _names(file: FileDescriptorProto) -> Iterator[tuple[Place, str]]:
    for place, message in enumerate(file.message_type):
        yield from _of_message((MESSAGES, place), file.package, message)
    for place, enum in enumerate(file.enum_type):
        yield from _of_parts((ENUMS, place), file.package, enum, enum.value)
    for place, service in enumerate(file.service):
        yield from _of_parts((SERVICES, place), file.package, service, service.method)


def _of_message(path: Place, scope: str, message: DescriptorProto) -> Iterator[tuple[Place, str]]:
    name = f"{scope}.{message.name}"
    yield path, name
    for place, field in enumerate(message.field):
        yield (*path, FIELDS, place), f"{name}.{field.name}"
    for place, nested in enumerate(message.nested_type):
        yield from _of_message((*path, NESTED, place), name, nested)
    for place, enum in enumerate(message.enum_type):
        yield from _of_parts((*path, NESTED_ENUMS, place), name, enum, enum.value)


def _of_parts(
    path: Place,
    scope: str,
    whole: EnumDescriptorProto | ServiceDescriptorProto,
    parts: Sequence[Any],
) -> Iterator[tuple[Place, str]]:
    name = f"{scope}.{whole.name}"
    yield path, name
    for place, part in enumerate(parts):
        yield (*path, PARTS, place), f"{name}.{part.name}"


if __name__ == "__main__":
    main()
