-- name: fetch
-- Some cells. The order of the join is fixed: each is one step into the primary key.
select cell.*
from unnest($4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[])
    as key (start, agent_id, model, status, error_type)
cross join lateral (
    select {columns} from execution_cells stored
    where workspace_id = $1 and level = $2 and cuboid = $3 and stored.start = key.start
        and stored.agent_id = key.agent_id and stored.model = key.model
        and stored.status = key.status and stored.error_type = key.error_type
    offset 0
) as cell

-- name: hashes
select id, int8send(hashtextextended(id, 0)) from unnest($1::text[]) as user_ (id)

-- name: running
-- As the index of those runs says it.
running = 1 and {condition}

-- name: store
-- Cells that are there already, or not yet.
{insert}
on conflict (workspace_id, level, cuboid, start, agent_id, model, status, error_type)
do update set {changes}

-- name: remove
delete from execution_cells stored
using unnest($4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[])
    as key (start, agent_id, model, status, error_type)
where workspace_id = $1 and level = $2 and cuboid = $3 and stored.start = key.start
    and stored.agent_id = key.agent_id and stored.model = key.model
    and stored.status = key.status and stored.error_type = key.error_type
