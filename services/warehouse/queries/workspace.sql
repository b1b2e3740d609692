-- name: active_users
select
    count(distinct user_id) filter (where started_at >= $2::timestamptz - interval '24 hours')
        as daily,
    count(distinct user_id) filter (where started_at >= $2::timestamptz - interval '168 hours')
        as weekly,
    count(distinct user_id) as monthly
from executions
where workspace_id = $1
    and started_at >= $2::timestamptz - interval '720 hours' and started_at < $2

-- name: days
select width_bucket(started_at, {starts}::timestamptz[]) as bucket, sum(credits) as credits
from executions
where {condition}
group by 1
order by 1

-- name: top_agents
with top as (
    select
        agent_id,
        count(*) as executions,
        {success_rate}
            as success_rate
    from executions
    where {condition}
    group by agent_id
    order by executions desc, agent_id
    limit {limit}
)
select top.agent_id, coalesce(latest.agent_name, '') as agent_name, top.executions,
    top.success_rate
from top
left join lateral (
    select agent_name from executions
    where workspace_id = $1 and agent_id = top.agent_id and agent_name is not null
    order by started_at desc, execution_id desc
    limit 1
) latest on true
order by top.executions desc, top.agent_id

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
