-- name: cells
-- Cells of several sorts and spans. The order of the join is fixed: each span is one short walk
-- along the primary key.
select cell.*
from unnest(
    {levels}::text[], {cuboids}::text[],
    {starts}::timestamptz[], {ends}::timestamptz[]
) as part (level, cuboid, first, last)
cross join lateral (
    select * from execution_condensed
    where workspace_id = $1 and level = part.level and cuboid = part.cuboid
        and start >= part.first and start < part.last and {condition}
    offset 0
) as cell

-- name: facts
select * from {units}
where workspace_id = $1 and start >= {start} and start < {end} and {condition}

-- name: many_facts
select cell.*
from unnest({starts}::timestamptz[], {ends}::timestamptz[]) as span (first, last)
cross join lateral (
    select * from {units}
    where workspace_id = $1 and start >= span.first and start < span.last and {condition}
    offset 0
) as cell

-- name: of_metrics
metric_type = any({metrics}::text[])

-- name: executions
execution_units

-- name: points
-- With the number of each point's metric among those that are asked for.
(select *, array_position({metrics}::text[], metric_type) as metric from point_units) as unit
