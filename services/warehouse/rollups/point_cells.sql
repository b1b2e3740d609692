-- name: pieces
-- Points by their hours, and cells as they are. Sums in the order of time, since sums of floating
-- numbers depend on the order.
select
    coalesce(level, 'hour') as level,
    date_trunc('hour', start) as start,
    metric_type,
    sum(points)::bigint as points,
    sum(total order by start, point_id) as total,
    min(least) as least,
    max(most) as most,
    max(latest_at) as latest_at,
    (array_agg(latest order by latest_at desc, latest desc))[1] as latest
from (
{arms}
) as cell
group by 1, 2, 3
order by metric_type, start

-- name: weighed
select count(*) as cells, coalesce(sum(points), 0)::bigint as runs
from (
    select sum(points) as points
    from (
{arms}
    ) as cell
    group by width_bucket(start, {starts}::timestamptz[]), metric_type
) as found

-- name: units
select * from point_units where {where}

-- name: cells
select * from point_condensed where {where}

-- name: everything
true
