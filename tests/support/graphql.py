"""Selections that ask for everything, and what the contract's JSON says of the same."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type

# It is another question, which the answer of the first one does not have.
OTHER_QUESTIONS = {"performance"}
# Two answers to the same question are of two moments.
MOMENTS = {"asOf", "completeUntil"}


def everything(schema: GraphQLSchema, root: str, field: str, arguments: str) -> str:
    """A query of all that the field tells."""
    parent = schema.get_type(root)
    assert isinstance(parent, GraphQLObjectType)
    selected = _all_of(get_named_type(parent.fields[field].type))
    return f"query {{ {field}({arguments}) {selected} }}"


def _all_of(kind: Any, *, with_others: bool = False) -> str:
    if not isinstance(kind, GraphQLObjectType):
        return ""
    fields = (
        f"{name} {_all_of(get_named_type(field.type), with_others=with_others)}"
        for name, field in kind.fields.items()
        if with_others or name not in OTHER_QUESTIONS
    )
    return "{ " + " ".join(fields) + " }"


def as_told(message: Message) -> Any:
    """As the edge's JSON has it."""
    return without(MOMENTS, MessageToDict(message, always_print_fields_with_no_presence=True))


def without(names: Iterable[str], told: Any) -> Any:
    """Without what is absent, too, which GraphQL writes as null."""
    if isinstance(told, list):
        return [without(names, one) for one in told]
    if not isinstance(told, dict):
        return told
    return {
        name: without(names, value)
        for name, value in told.items()
        if value is not None and name not in names
    }


def error_of(answer: Any) -> tuple[int, str, str]:
    """The HTTP status, the code and the reason of what a query was refused with."""
    extensions = answer.json()["errors"][0]["extensions"]
    return answer.status_code, extensions["code"], extensions["reason"]


def operation(schema: GraphQLSchema, root: str, field: str, given: Iterable[str]) -> str:
    """Asks for all that the field tells, by variables that are named as its arguments are; and of
    agents how they did, which is another question."""
    parent = schema.get_type(root)
    assert isinstance(parent, GraphQLObjectType)
    known = parent.fields[field].args
    declared = ", ".join(f"${name}: {known[name].type}" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    selected = _all_of(get_named_type(parent.fields[field].type), with_others=True)
    return f"{root.lower()}({declared}) {{ {field}({passed}) {selected} }}"
