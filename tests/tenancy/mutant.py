"""A service that does not keep tenants apart, in which the test must find what it looks for:
`python -m tests.tenancy.mutant cache services.metrics`.
"""

import re
import runpy
import sys
from collections.abc import Callable, Mapping
from typing import Any

from services.runtime.cache import handlers, question
from services.warehouse import sql


def remembers_without_workspace() -> None:
    """Whoever asks the same is told the same, whosever it is."""

    def key(workspace_id: str, method: str, meaning: bytes) -> question.Key:
        return question.Key("", method, meaning.replace(workspace_id.encode(), b""))

    handlers.Key = key  # type: ignore[assignment, misc]


def forgets_the_workspace() -> None:
    """In the conditions of its queries, so that only policies of the database are left."""
    told, condition = sql.Queries.__getitem__, re.compile(r"(\w+\.)?workspace_id = \$1\b")

    def forgetful(queries: sql.Queries, name: str) -> str:
        return condition.sub("$1::text is not null", told(queries, name))

    sql.Queries.__getitem__ = forgetful  # type: ignore[method-assign]


MUTATIONS: Mapping[str, Callable[[], None]] = {
    "cache": remembers_without_workspace,
    "queries": forgets_the_workspace,
}


def main(mutation: str, module: str) -> Any:
    MUTATIONS[mutation]()
    sys.argv = [module]
    return runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
