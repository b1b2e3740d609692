"""Prints the schema of GraphQL, with what the contract says of each part, for reading and for a
test to compare."""

from gateway.web.graphql.schema import bare_schema
from tools.comments import comments


def main() -> None:
    print(written())  # noqa: T201 - it is what the command is for


def written() -> str:
    return bare_schema(comments()).as_str()


if __name__ == "__main__":
    main()
