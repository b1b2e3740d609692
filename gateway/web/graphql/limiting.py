"""Refuses operations that are too large, before they are parsed and before anything is asked."""

from collections.abc import Iterator

from graphql import GraphQLError, Lexer, OperationDefinitionNode, Source, Token, TokenKind
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext

from gateway.web.graphql.measuring import Measuring, Size
from gateway.web.graphql.nodes import too_large
from gateway.web.settings import WebSettings

OPENING = {TokenKind.BRACE_L, TokenKind.PAREN_L, TokenKind.BRACKET_L}
CLOSING = {TokenKind.BRACE_R, TokenKind.PAREN_R, TokenKind.BRACKET_R}
# The parser goes down as deep as braces do.
MOST_NESTING = 100
NUMBERS = {TokenKind.INT, TokenKind.FLOAT}
# More than any type here has. Python does not read whole numbers of thousands of digits.
MOST_OF_A_NUMBER = 40


class Limits(SchemaExtension):
    """Of one operation."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings

    def on_parse(self) -> Iterator[None]:
        check_tokens(self.execution_context.query or "", self._settings.graphql_tokens)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.graphql_document is not None:
            schema = context.schema._schema
            variables = context.variables or {}
            check_is_clear(context)
            self._check(Measuring(schema, context.graphql_document, variables).size())
        yield

    def _check(self, size: Size) -> None:
        settings = self._settings
        refuse_above("depth", size.depth, settings.graphql_depth)
        refuse_above("aliases", size.aliases, settings.graphql_aliases)
        refuse_above("cost", size.cost, settings.graphql_cost)


def check_is_clear(context: ExecutionContext) -> None:
    """Of several operations it must be said which is meant. Raises GraphQLError."""
    document = context.graphql_document
    operations = [
        one
        for one in (document.definitions if document else ())
        if isinstance(one, OperationDefinitionNode)
    ]
    if len(operations) > 1 and context._provided_operation_name is None:
        raise GraphQLError("operationName must say which of the operations is meant")


def check_tokens(query: str, most: int) -> None:
    """Raises GraphQLError, for what is no token, too."""
    lexer = Lexer(Source(query))
    count = nesting = 0
    while lexer.advance().kind != TokenKind.EOF:
        count += 1
        refuse_above("tokens", count, most)
        check_number(lexer.token)
        nesting += (lexer.token.kind in OPENING) - (lexer.token.kind in CLOSING)
        refuse_above("depth", nesting, MOST_NESTING)


def check_number(token: Token) -> None:
    """Raises GraphQLError."""
    if token.kind in NUMBERS and len(token.value or "") > MOST_OF_A_NUMBER:
        raise GraphQLError(f"a number has at most {MOST_OF_A_NUMBER} characters")


def refuse_above(measure: str, found: int, limit: int) -> None:
    if found > limit:
        fault = too_large(measure, limit)
        raise GraphQLError(fault.message, original_error=fault)
