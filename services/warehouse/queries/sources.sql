-- name: cells
-- Cells of several sorts and spans. The order of the join is fixed: each span is one short walk
-- along the primary key. A cell is alone if nothing else is of its group.
select cell.*, part.alone
from unnest(
    {levels}::text[], {cuboids}::text[],
    {starts}::timestamptz[], {ends}::timestamptz[], {alone}::boolean[]
) as part (level, cuboid, first, last, alone)
cross join lateral (
    {cells}
    offset 0
) as cell

-- name: of_part
workspace_id = $1 and level = part.level and start >= part.first and start < part.last
    and {condition}

-- name: of_span
workspace_id = $1 and start >= {start} and start < {end} and {condition}

-- name: of_any_span
workspace_id = $1 and start >= span.first and start < span.last and {condition}

-- name: many_facts
select cell.*
from unnest({starts}::timestamptz[], {ends}::timestamptz[]) as span (first, last)
cross join lateral (
    {units}
    offset 0
) as cell

-- name: amid_others
select unit.*, false as alone from ({units}) as unit

-- name: executions
select * from execution_units where {where}

-- name: cells_of_executions
select * from execution_condensed where cuboid = part.cuboid and {where}

-- name: numbered
-- With the number of each one's metric among those that are asked for. The order of the join is
-- fixed: each metric is one short walk along its index, which a plan for metrics that are not known
-- yet would not take.
select unit.*, asked.metric::integer as metric
from unnest({metrics}::text[]) with ordinality as asked (name, metric)
cross join lateral (
    {rows}
    offset 0
) as unit

-- name: points
select * from point_units where metric_type = asked.name and {where}

-- name: cells_of_points
select * from point_condensed where metric_type = asked.name and {where}
