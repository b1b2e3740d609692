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

-- name: number
{column}::numeric

-- name: stored_number
trim_scale({column})::text as {column}

-- name: weighed
select count(*) as cells, coalesce(sum(value_1), 0)::bigint as runs
from (
{groups}
) as of_groups
