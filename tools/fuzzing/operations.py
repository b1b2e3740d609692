"""Operations of GraphQL: as the schema allows them, nearly so, and as nobody writes them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from graphql import DocumentNode, GraphQLSchema, build_schema, print_ast, visit
from graphql.language.ast import ArgumentNode, StringValueNode
from graphql.language.visitor import Visitor
from hypothesis import strategies as st
from hypothesis_graphql import Mode, nodes, queries

ROOT = Path(__file__).parent.parent.parent
SCHEMA = ROOT / "gateway" / "web" / "graphql" / "schema.graphql"
TIMES = ("2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "", "x")
DURATIONS = ("0s", "1.5s", "-1s", "315576000001s", "1", "")
NUMBERS = ("0", "-1", "9223372036854775807", "9223372036854775808", "1e5", "")
STRANGE = (
    "",
    "{",
    "{__typename}",
    "query A {__typename} query B {__typename}",
    "{__schema{types{name fields{name type{name ofType{name}}}}}}",
    "fragment F on Query {...F} {...F}",
    "query($w: String!) {agents(workspaceId: $w) {asOf}}",
    "{" + " ".join(f"a{n}:__typename" for n in range(200)) + "}",
    "{agents(workspaceId:" + "[" * 300 + "]" * 300 + "){asOf}}",
    "{agents(workspaceId:" + "{a:" * 300 + "1" + "}" * 300 + "){asOf}}",
    "mutation {__typename}",
    "subscription {metrics(workspaceId:1){cursor}}",
    'subscription {metrics(workspaceId:"fuzz-a",metrics:["executions"]){cursor}}',
    "{agents(workspaceId:1e999999999){asOf}}",
    "{agents(workspaceId:" + "9" * 5_000 + "){asOf}}",
    "\ufeff{__typename}\u0000",
    "{" * 5_000,
    "#" * 70_000,
)


def schema() -> GraphQLSchema:
    return build_schema(SCHEMA.read_text())


def operations(schema: GraphQLSchema, workspaces: Sequence[str]) -> "st.SearchStrategy[str]":
    """Mostly such as lead to a handler."""
    whole: Any = queries(schema, custom_scalars=_scalars(), print_ast=lambda document: document)
    broken: Any = queries(schema, custom_scalars=_scalars(), mode=Mode.NEGATIVE)
    named = st.builds(_of_workspace, whole, st.sampled_from(workspaces))
    # By its place: what is drawn from is put into words.
    strange = st.integers(0, len(STRANGE) - 1).map(STRANGE.__getitem__)
    return st.one_of(named, named, named, broken, strange, st.text())


def _scalars() -> dict[str, Any]:
    known = {"Timestamp": TIMES, "Duration": DURATIONS, "Int64": NUMBERS, "Labels": ("a",)}
    return {name: st.sampled_from(some).map(nodes.String) for name, some in known.items()}


def _of_workspace(document: DocumentNode, workspace: str) -> str:
    """The same, but about a workspace that the caller may see, of which something is known."""

    class Naming(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
            if node.name.value != "workspaceId":
                return None
            return ArgumentNode(name=node.name, value=StringValueNode(value=workspace))

    return print_ast(visit(document, Naming()))
