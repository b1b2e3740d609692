"""The schema, put together."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError
from strawberry import Schema
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig

from gateway.web.graphql.limiting import Limits
from gateway.web.graphql.nodes import read_field
from gateway.web.graphql.operations import MORE, query_type, subscription_type
from gateway.web.graphql.scalars import SCALARS
from gateway.web.graphql.types import Meanings, Types
from gateway.web.settings import WebSettings

NO_MEANINGS: Meanings = {}


class ContractSchema(Schema):
    """Its errors are logged where they are told."""

    def process_errors(
        self,
        errors: list[GraphQLError],  # noqa: ARG002
        execution_context: Any = None,  # noqa: ARG002
    ) -> None:
        return


def bare_schema(
    meanings: Meanings = NO_MEANINGS, extensions: list[Callable[[], SchemaExtension]] | None = None
) -> Schema:
    types = Types(meanings, MORE)
    return ContractSchema(
        query_type(types),
        subscription=subscription_type(types),
        extensions=extensions or [],
        config=StrawberryConfig(
            auto_camel_case=True,
            default_resolver=read_field,
            scalar_map=SCALARS,
        ),
    )


def limited_schema(settings: WebSettings) -> Schema:
    """As it is served. In production nobody is told what there is: it stands in schema.graphql."""
    extensions: list[Callable[[], SchemaExtension]] = [lambda: Limits(settings)]
    if settings.environment == "production":
        extensions.append(DisableIntrospection)
    return bare_schema(extensions=extensions)
