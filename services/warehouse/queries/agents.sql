-- name: ranked_agents
with by_agent as (
    select
        agent_id,
        (array_agg(agent_name order by started_at desc, execution_id desc)
            filter (where agent_name is not null))[1] as agent_name,
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
)
select * from ranked
where {beyond}
order by position
limit {limit}

-- name: beyond_value
(order_value {sign} {value}::float8
    or order_value is null
    or (order_value = {value}::float8 and agent_id > {agent_id}))

-- name: beyond_unknown
(order_value is null and agent_id > {agent_id})

-- Order values are all floats, which a page token carries without loss.

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
cost::float8

-- name: order_distinct_users
users::float8

-- name: order_last_start_time
extract(epoch from last_started_at)::float8
