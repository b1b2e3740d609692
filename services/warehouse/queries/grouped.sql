-- name: grouped
select
    {columns}
from (
{arms}
) as cell
where {beyond}
group by {groups}

-- name: in_order
{groups}
order by {keys}
limit {limit}

-- name: with_total
-- One by one, and all together: that row has no key, and comes last.
grouping sets (({keys}), ())

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
