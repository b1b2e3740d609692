-- name: ranked_agents
with by_agent as (
    select
        agent_id,
        {statistics}
    from executions
    where {condition}
    group by agent_id
), ordered as (
    select *, {order} as order_value from by_agent
), ranked as (
    select *,
        row_number() over (order by order_value {direction} nulls last, agent_id) as position
    from ordered
), page as (
    select * from ranked
    where {beyond}
    order by position
    limit {limit}
)
select page.*, latest.agent_name
from page
left join lateral (
    select agent_name from executions
    where workspace_id = $1 and agent_id = page.agent_id and agent_name is not null
    order by started_at desc, execution_id desc
    limit 1
) latest on true
order by position

-- name: beyond_value
(order_value {sign} {value}::{kind}
    or order_value is null
    or (order_value = {value}::{kind} and agent_id > {agent_id}))

-- name: beyond_unknown
(order_value is null and agent_id > {agent_id})

-- Order values are floats but for cost, which is exact; a page token carries both without loss.

-- name: order_executions
total::float8

-- name: order_success_rate
success_rate

-- name: order_average_duration
average_duration

-- name: order_p95_duration
duration_percentiles[4]

-- name: order_total_tokens
total_tokens::float8

-- name: order_cost
cost

-- name: order_distinct_users
users::float8

-- name: order_last_start_time
extract(epoch from last_started_at)::float8
