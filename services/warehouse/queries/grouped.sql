-- name: grouped
select
    {columns}
from (
{arms}
) as cell
where {beyond}
group by {keys}
order by {keys}
limit {limit}

-- name: whole
select
    {columns}
from (
{arms}
) as cell

-- name: beyond
({keys}) > ({seen})

-- name: everything
true

-- name: by_bucket
width_bucket(start, {starts}::timestamptz[])
