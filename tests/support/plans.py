"""What PostgreSQL would do for a statement: which indexes, and which partitions, it would read."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from services.runtime.pool import SCHEMA, SERVICE_ROLE

PARTITION = re.compile(r"(executions|metric_points|events|spans)_\d{4}_\d\d")
CELLS = ("execution_cells", "agent_profiles", "point_cells")
# After so many calls a connection may plan a statement once for all values, and keep the plan.
SETTLED = 7
# In statements that say how later ones of their session are planned.
PLANNING = "plan_cache_mode"
# These take in all that is below them, so a limit above does not end their reading.
GATHERING = ("Aggregate", "Sort", "WindowAgg", "Hash", "Materialize")
# What a Citus adds to the names of a table and its indexes, for each piece that lies on a worker.
SHARD = re.compile(r"_\d{6,}$")
PARENTS = """
select child.relname, parent.relname from pg_inherits
join pg_class child on child.oid = inhrelid
join pg_class parent on parent.oid = inhparent
"""
# What becomes of names that are too long with such a number.
PARENTS_OF_SHARDS = """
select split_part(shard_name(inhrelid::regclass, 100000), '.', 2), parent.relname from pg_inherits
join pg_class parent on parent.oid = inhparent
"""


@dataclass(frozen=True)
class Statement:
    """As a service sent it."""

    text: str
    values: Sequence[Any]


@dataclass
class Listener:
    """Notes what is asked on connections."""

    statements: list[Statement] = field(default_factory=list)

    async def prepare(self, connection: Any) -> None:
        connection.add_query_logger(self._note)

    def _note(self, asked: Any) -> None:
        # What the driver asks for itself is about PostgreSQL's own tables and functions.
        if asked.query.startswith(("select", "with")) and "pg_" not in asked.query:
            self.statements.append(Statement(asked.query, asked.args))


@dataclass(frozen=True)
class Scan:
    """A partition of facts that is read. A lookup ends with the first row that it finds."""

    partition: str
    is_sequential: bool
    is_lookup: bool


@dataclass
class Reading:
    """All that a plan reads. Indexes are called by the names that migrations gave them."""

    scans: list[Scan] = field(default_factory=list)
    indexes: set[str] = field(default_factory=set)
    cells: set[tuple[str, str]] = field(default_factory=set)
    """Tables of cells, and how each is read."""

    def add(self, other: "Reading") -> None:
        self.scans += other.scans
        self.indexes |= other.indexes
        self.cells |= other.cells

    @property
    def sequential(self) -> set[str]:
        return {scan.partition for scan in self.scans if scan.is_sequential}

    @property
    def months(self) -> set[str]:
        """Months of which more than single rows are looked up: "2026_04"."""
        return {scan.partition[-7:] for scan in self.scans if not scan.is_lookup}


@dataclass(frozen=True)
class Planner:
    """Plans statements as the services' role, in a workspace."""

    connection: "psycopg.Connection[Any]"
    workspace: str

    def reading(self, statements: Sequence[Statement], calls: int) -> Reading:
        """What the last of some calls reads."""
        self._become_service()
        parents = self._parents()
        found = Reading()
        for statement in statements:
            if PLANNING in statement.text:
                self.connection.execute("set local plan_cache_mode = " + _planning(statement))
            else:
                found.add(_reading(self._plan(statement, calls), parents))
        return found

    def _parents(self) -> dict[str, str]:
        parents = dict(self.connection.execute(PARENTS).fetchall())
        if self.connection.execute("select to_regproc('shard_name')").fetchone() != (None,):
            for name, parent in self.connection.execute(PARENTS_OF_SHARDS).fetchall():
                parents[SHARD.sub("", name)] = parent
        return parents

    def _become_service(self) -> None:
        for name, value in (
            ("search_path", SCHEMA),
            ("role", SERVICE_ROLE),
            ("jit", "off"),
        ):
            self.connection.execute("select set_config(%s, %s, true)", (name, value))
        self.connection.execute("select set_workspace(%s)", (self.workspace,))

    def _plan(self, statement: Statement, calls: int) -> Any:
        self.connection.execute(f"prepare asked as {statement.text}".encode())
        call = sql.SQL("explain (format json) execute asked {}").format(_given(statement.values))
        plans = [self.connection.execute(call).fetchall() for _ in range(calls)]
        self.connection.execute("deallocate asked")
        return plans[-1][0][0][0]["Plan"]


def _planning(statement: Statement) -> str:
    return "force_generic_plan" if "force_generic_plan" in statement.text else "force_custom_plan"


def _given(values: Sequence[Any]) -> sql.Composable:
    if not values:
        return sql.SQL("")
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, values)))


def _reading(plan: Any, parents: dict[str, str]) -> Reading:
    found = Reading()
    for node, is_lookup in _nodes(plan, is_lookup=False):
        relation = _name(node, "Relation Name")
        if PARTITION.fullmatch(relation):
            is_sequential = node["Node Type"] == "Seq Scan"
            found.scans.append(Scan(relation, is_sequential, is_lookup))
        if relation in CELLS:
            found.cells.add((relation, node["Node Type"]))
        if index := _name(node, "Index Name"):
            found.indexes.add(parents.get(index, index))
    return found


def _name(node: Any, kind: str) -> str:
    """As migrations gave it, also of a worker's piece."""
    return SHARD.sub("", node.get(kind, ""))


def _nodes(node: Any, *, is_lookup: bool) -> Iterator[tuple[Any, bool]]:
    """A plan's nodes, and whether each is below something that wants one row only."""
    if node["Node Type"] in GATHERING:
        is_lookup = False
    elif _wants_one(node):
        is_lookup = True
    yield node, is_lookup
    for child in (*node.get("Plans", ()), *_plans_of_workers(node.get("Distributed Query"))):
        yield from _nodes(child, is_lookup=is_lookup)


def _plans_of_workers(told: Any) -> Iterator[Any]:
    """However deep in what a Citus tells of a statement that it passes on."""
    if isinstance(told, list):
        for one in told:
            yield from _plans_of_workers(one)
    elif isinstance(told, dict):
        if "Plan" in told:
            yield told["Plan"]
        else:
            yield from _plans_of_workers(list(told.values()))


def _wants_one(node: Any) -> bool:
    """A limit, or what `exists` asks before anything else."""
    is_limit = node["Node Type"] == "Limit" and node["Plan Rows"] <= 1
    return is_limit or node.get("Parent Relationship") == "InitPlan"
