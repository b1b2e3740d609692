-- name: metric_types
-- Some steps of indexes for each type, however many points it has. Of those whose points are gone, cells
-- are left.
with recursive types as (
    select '' collate "C" as metric_type
    union all
    select least(
        (
            select metric_type from metric_points
            where workspace_id = $1 and metric_type > types.metric_type
            order by metric_type limit 1
        ),
        (
            select metric_type from point_cells
            where workspace_id = $1 and level = 'hour' and metric_type > types.metric_type
            order by metric_type limit 1
        ),
        (
            select metric_type from point_cells
            where workspace_id = $1 and level = 'day' and metric_type > types.metric_type
            order by metric_type limit 1
        )
    )
    from types
    where types.metric_type is not null
)
select metric_type from types where metric_type <> ''
