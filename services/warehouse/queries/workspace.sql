-- name: metric_types
-- One step of the index for each type, however many points it has.
with recursive types as (
    (select metric_type from metric_points where workspace_id = $1 order by metric_type limit 1)
    union all
    select (
        select metric_type from metric_points
        where workspace_id = $1 and metric_type > types.metric_type
        order by metric_type limit 1
    )
    from types
    where types.metric_type is not null
)
select metric_type from types where metric_type is not null
