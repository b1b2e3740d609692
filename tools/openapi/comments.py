"""What the contract's comments say, by the names of what they stand above."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).parent.parent.parent
# Numbers of fields in descriptor.proto, of which the paths of comments consist.
MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, NESTED, NESTED_ENUMS = 2, 3, 4
INNER = 2

Places = Iterator[tuple[tuple[int, ...], str]]


@cache
def comments() -> Mapping[str, str]:
    """Values of enums are named below their enum, as they are not in descriptors."""
    found: dict[str, str] = {}
    for file in _files():
        said = {tuple(one.path): one.leading_comments for one in file.source_code_info.location}
        for path, name in _places(file):
            if text := said.get(path, ""):
                found[name] = dedent("\n".join(f" {line}" for line in text.splitlines())).strip()
    return found


def comment_of(name: str) -> str:
    return _flowing(comments().get(name, ""))


def summary_of(text: str) -> str:
    """The first sentence, without its full stop."""
    sentence = text.split("\n", maxsplit=1)[0].split(". ", maxsplit=1)[0]
    return sentence.removesuffix(".")


def _flowing(text: str) -> str:
    """Paragraphs as single lines: comments break theirs for a width that readers need not have."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _files() -> Iterable[FileDescriptorProto]:
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "proto").rglob("*.proto"))
    roots = [ROOT / "proto", ROOT / "third_party", Path(grpc_tools.__file__).parent / "_proto"]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "contract.binpb"
        names = [one.removeprefix("proto/") for one in sources]
        options = ["--include_source_info", f"--descriptor_set_out={made}"]
        if protoc.main(["protoc", *(f"-I{root}" for root in roots), *options, *names]) != 0:
            raise ValueError("protoc refuses the contract")
        return FileDescriptorSet.FromString(made.read_bytes()).file


def _places(file: FileDescriptorProto) -> Places:
    yield from _of_messages(file.package, (MESSAGES,), file.message_type)
    yield from _of_enums(file.package, (ENUMS,), file.enum_type)
    for number, service in enumerate(file.service):
        name = f"{file.package}.{service.name}"
        yield (SERVICES, number), name
        yield from _inner((SERVICES, number, INNER), name, service.method)


def _of_messages(scope: str, path: tuple[int, ...], messages: Iterable[Any]) -> Places:
    for number, message in enumerate(messages):
        name, place = f"{scope}.{message.name}", (*path, number)
        yield place, name
        yield from _inner((*place, FIELDS), name, message.field)
        yield from _of_messages(name, (*place, NESTED), message.nested_type)
        yield from _of_enums(name, (*place, NESTED_ENUMS), message.enum_type)


def _of_enums(scope: str, path: tuple[int, ...], enums: Iterable[Any]) -> Places:
    for number, enum in enumerate(enums):
        yield (*path, number), f"{scope}.{enum.name}"
        yield from _inner((*path, number, INNER), f"{scope}.{enum.name}", enum.value)


def _inner(path: tuple[int, ...], scope: str, inner: Iterable[Any]) -> Places:
    for number, one in enumerate(inner):
        yield (*path, number), f"{scope}.{one.name}"
