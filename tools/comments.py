"""The contract's files, and what their comments say, by the names of what they stand above."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import grpc_tools
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

ROOT = Path(__file__).parent.parent
# Numbers of fields in descriptor.proto, of which the paths of comments consist.
MESSAGES, ENUMS, SERVICES = 4, 5, 6
FIELDS, NESTED, NESTED_ENUMS = 2, 3, 4
INNER = 2
"""Values of an enum, and methods of a service."""

Place = tuple[int, ...]
Places = Iterator[tuple[Place, str]]


@cache
def files() -> Sequence[FileDescriptorProto]:
    """Of the contract, with their comments. Raises ValueError."""
    sources = sorted(str(path) for path in (ROOT / "proto").rglob("*.proto"))
    roots = [ROOT / "proto", ROOT / "third_party", Path(grpc_tools.__file__).parent / "_proto"]
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "contract.binpb"
        options = ["--include_source_info", f"--descriptor_set_out={made}"]
        if protoc.main(["protoc", *(f"-I{root}" for root in roots), *options, *sources]) != 0:
            raise ValueError("protoc refuses the contract")
        return list(FileDescriptorSet.FromString(made.read_bytes()).file)


@cache
def comments() -> Mapping[str, str]:
    """By full names. Values of enums are named below their enum, as they are not in descriptors."""
    return {name: text for file in files() for name, text in _comments(file) if text}


def comment_of(name: str) -> str:
    """Empty if there is none."""
    return comments().get(name, "")


def summary_of(text: str) -> str:
    """The first sentence, without its full stop."""
    sentence = text.split("\n", maxsplit=1)[0].split(". ", maxsplit=1)[0]
    return sentence.removesuffix(".")


def _comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    said = {tuple(at.path): at.leading_comments for at in file.source_code_info.location}
    for path, name in _places(file):
        yield name, _flowing(said.get(path, ""))


def _flowing(text: str) -> str:
    """Paragraphs as single lines: comments break theirs for a width that readers need not have."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))


def _places(file: FileDescriptorProto) -> Places:
    yield from _of_messages(file.package, (MESSAGES,), file.message_type)
    yield from _of_wholes(file.package, (ENUMS,), file.enum_type, "value")
    yield from _of_wholes(file.package, (SERVICES,), file.service, "method")


def _of_messages(scope: str, path: Place, messages: Iterable[Any]) -> Places:
    for number, message in enumerate(messages):
        name, place = f"{scope}.{message.name}", (*path, number)
        yield place, name
        yield from _inner((*place, FIELDS), name, message.field)
        yield from _of_messages(name, (*place, NESTED), message.nested_type)
        yield from _of_wholes(name, (*place, NESTED_ENUMS), message.enum_type, "value")


def _of_wholes(scope: str, path: Place, wholes: Iterable[Any], inner: str) -> Places:
    for number, whole in enumerate(wholes):
        name, place = f"{scope}.{whole.name}", (*path, number)
        yield place, name
        yield from _inner((*place, INNER), name, getattr(whole, inner))


def _inner(path: Place, scope: str, inner: Iterable[Any]) -> Places:
    for number, one in enumerate(inner):
        yield (*path, number), f"{scope}.{one.name}"
