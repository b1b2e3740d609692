-- name: stored
select {columns} from {table} where {condition}

-- name: remove
delete from {table} where {condition}

-- name: insert
insert into {table} (workspace_id, {columns})
select workspace_id, {values} from arriving_{table} where workspace_id = $1

-- name: inserted
-- See insert_executions of facts.
{insert} returning 1

-- name: of_span
workspace_id = $1 and level = $2 and start >= $3 and start < $4

-- name: of_span_and_cuboid
workspace_id = $1 and level = $2 and start >= $3 and start < $4 and cuboid = $5
