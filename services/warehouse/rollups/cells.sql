-- name: counts
sum({column})::bigint

-- Exact numbers are carried as text, which is faster than to make decimals of them and back.

-- name: numbers_sum
trim_scale(sum({column}))::text

-- name: numbers_min
trim_scale(min({column}))::text

-- name: numbers_max
trim_scale(max({column}))::text

-- name: last
max({column})

-- name: remove
delete from execution_cells
where workspace_id = $1 and level = $2 and cuboid = $3 and start >= $4 and start < $5

-- name: insert
insert into execution_cells (workspace_id, {columns})
select workspace_id, {values} from arriving_execution_cells where workspace_id = $1

-- name: number
{column}::numeric

-- name: stored_number
trim_scale({column})::text as {column}

-- name: stored
select {columns} from execution_cells
where workspace_id = $1 and level = $2 and cuboid = $3 and start >= $4 and start < $5
