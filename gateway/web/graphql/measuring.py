"""How large an operation is, before anything of it is done.

Each fragment is measured once, however often it is spread. Those that only walk a document are led
around in it by a few nested fragments for longer than anybody lives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

from gateway.web.graphql.operations import METHOD

CALL_COST = 100
# Items of a list of which nothing is said below.
USUAL_ITEMS = 10
# Items of lists that come in pages: as many as the page is long, of which this is the default and
# this the most. The series of metrics share the points of a page.
PAGED = {
    ("ListAgentsResponse", "agents"): (50, 500),
    ("ListMetricsResponse", "metrics"): (100, 1_000),
    ("TimeSeries", "points"): (1_000, 10_000),
}
ITEMS = {
    ("GetMetricsResponse", "timeSeries"): 1,
    ("StreamMetricsResponseSnapshot", "timeSeries"): 1,
    ("StreamMetricsResponseDelta", "timeSeries"): 1,
    ("CalculateAggregatesResponse", "rows"): 100,
}


@dataclass(frozen=True)
class Size:
    """Of a part of an operation."""

    depth: int = 0
    aliases: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        depth = max(self.depth, other.depth)
        return Size(depth, self.aliases + other.aliases, self.cost + other.cost)


class Measuring:
    """Measures the operations of one document; what does not fit the schema has no size."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, object]
    ) -> None:
        self._schema = schema
        self._document = document
        self._variables = variables
        self._fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, int | None], Size] = {}

    def size(self) -> Size:
        """That of all operations, of which one is to be done."""
        whole = Size()
        for one in self._document.definitions:
            if isinstance(one, OperationDefinitionNode):
                root = self._schema.get_root_type(one.operation)
                whole = whole.beside(self._of_set(one.selection_set, root, None))
        return whole

    def _of_set(self, selected: SelectionSetNode | None, parent: Any, page: int | None) -> Size:
        whole = Size()
        for one in selected.selections if selected is not None else ():
            if isinstance(one, FieldNode):
                whole = whole.beside(self._of_field(one, parent, page))
            elif isinstance(one, InlineFragmentNode):
                whole = whole.beside(self._of_set(one.selection_set, parent, page))
            elif isinstance(one, FragmentSpreadNode):
                whole = whole.beside(self._of_fragment(one.name.value, page))
        return whole

    def _of_fragment(self, name: str, page: int | None) -> Size:
        if (name, page) not in self._known:
            # Of one that leads to itself, which is refused for that.
            self._known[name, page] = Size()
            fragment = self._fragments.get(name)
            if fragment is not None:
                parent = self._schema.get_type(fragment.type_condition.name.value)
                size = self._of_set(fragment.selection_set, parent, page)
                self._known[name, page] = size
        return self._known[name, page]

    def _of_field(self, node: FieldNode, parent: Any, page: int | None) -> Size:
        fields = parent.fields if isinstance(parent, GraphQLObjectType) else {}
        field = fields.get(node.name.value)
        page = self._page(node) or page
        inner = self._of_set(node.selection_set, field and get_named_type(field.type), page)
        items = _items(parent, node.name.value, field, page)
        own = CALL_COST if _is_call(field) else 1
        aliases = inner.aliases + (node.alias is not None)
        return Size(inner.depth + 1, aliases, own + items * inner.cost)

    def _page(self, node: FieldNode) -> int | None:
        for argument in node.arguments or ():
            if argument.name.value == "pageSize":
                return self._number(argument.value)
        return None

    def _number(self, value: object) -> int | None:
        if isinstance(value, IntValueNode):
            return int(value.value)
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            return given if isinstance(given, int) else self._default(value.name.value)
        return None

    def _default(self, variable: str) -> int | None:
        for one in self._document.definitions:
            for defined in getattr(one, "variable_definitions", None) or ():
                if defined.variable.name.value == variable:
                    return self._number(defined.default_value)
        return None


def _is_call(field: GraphQLField | None) -> bool:
    described = field.extensions.get("strawberry-definition") if field is not None else None
    return METHOD in getattr(described, "metadata", {})


def _items(parent: Any, name: str, field: GraphQLField | None, page: int | None) -> int:
    """How often what is inside of the field is told."""
    if field is None or not isinstance(get_nullable_type(field.type), GraphQLList):
        return 1
    if (parent.name, name) in ITEMS:
        return ITEMS[parent.name, name]
    if (parent.name, name) not in PAGED:
        return USUAL_ITEMS
    usual, most = PAGED[parent.name, name]
    return min(page, most) if page and page > 0 else usual
