-- name: metric_types
-- One step of an index for each type, however many points it has. Of those whose points are gone, cells
-- are left.
with recursive of_points as (
    (
        select metric_type from metric_points
        where workspace_id = $1
        order by metric_type limit 1
    )
    union all
    select (
        select metric_type from metric_points
        where workspace_id = $1 and metric_type > of_points.metric_type
        order by metric_type limit 1
    )
    from of_points
    where of_points.metric_type is not null
), of_hours as (
    (
        select metric_type from point_cells
        where workspace_id = $1 and level = 'hour'
        order by metric_type limit 1
    )
    union all
    select (
        select metric_type from point_cells
        where workspace_id = $1 and level = 'hour' and metric_type > of_hours.metric_type
        order by metric_type limit 1
    )
    from of_hours
    where of_hours.metric_type is not null
), of_days as (
    (
        select metric_type from point_cells
        where workspace_id = $1 and level = 'day'
        order by metric_type limit 1
    )
    union all
    select (
        select metric_type from point_cells
        where workspace_id = $1 and level = 'day' and metric_type > of_days.metric_type
        order by metric_type limit 1
    )
    from of_days
    where of_days.metric_type is not null
)
select metric_type from of_points where metric_type is not null
union
select metric_type from of_hours where metric_type is not null
union
select metric_type from of_days where metric_type is not null
order by metric_type

-- name: active_agents
-- How many known agents there are in two buckets, and beside that those that ran most in one of them.
with of_groups as materialized (
{groups}
)
select counted.current, counted.previous, top.agent_id, top.executions, top.success_rate
from (
    select
        count(*) filter (where key_2 = {current} and key_1 <> '') as current,
        count(*) filter (where key_2 = {previous} and key_1 <> '') as previous
    from of_groups
) as counted
left join (
    select key_1 as agent_id, value_1 as executions, value_2 as success_rate
    from of_groups
    where key_2 = {current}
    order by executions desc, agent_id
    limit {top}
) as top on true
order by executions desc, agent_id
