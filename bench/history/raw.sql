-- The answers as somebody would ask for them in SQL who has only the table of executions.

-- name: metrics
select date_trunc('hour', started_at) as bucket,
    count(*) as executions,
    {success_rate} as success_rate,
    percentile_cont(0.95) within group (order by duration_us) as p95,
    sum(input_tokens + output_tokens) as tokens,
    sum(cost_usd) as cost
from executions
where {of_workspace}
group by 1
order by 1

-- name: aggregates
select model, date_trunc('day', started_at) as bucket,
    count(execution_id) as executions,
    sum(cost_usd) as cost,
    percentile_cont(0.95) within group (order by duration_us) as p95,
    count(distinct user_id) as users
from executions
where {of_workspace}
group by 1, 2
order by 1, 2

-- name: summary
-- The interval, and the period before it.
select started_at >= %(start)s as is_current,
    {statistics}
from executions
where workspace_id = %(workspace)s
    and started_at >= %(start)s - (%(end)s - %(start)s) and started_at < %(end)s
group by 1

-- name: summary_users
select
    count(distinct user_id) filter (where started_at >= %(end)s - interval '24 hours') as daily,
    count(distinct user_id) filter (where started_at >= %(end)s - interval '168 hours') as weekly,
    count(distinct user_id) as monthly
from executions
where workspace_id = %(workspace)s
    and started_at >= %(end)s - interval '720 hours' and started_at < %(end)s

-- name: summary_days
select date_trunc('day', started_at) as day, sum(credits) as credits
from executions
where {of_workspace}
group by 1
order by 1

-- name: summary_top
select agent_id, max(agent_name) as agent_name, count(*) as executions,
    {success_rate} as success_rate
from executions
where {of_workspace}
group by agent_id
order by executions desc, agent_id
limit 10

-- name: performance
-- The interval, and the period before it.
select started_at >= %(start)s as is_current,
    {statistics}
from executions
where workspace_id = %(workspace)s and agent_id = %(agent)s
    and started_at >= %(start)s - (%(end)s - %(start)s) and started_at < %(end)s
group by 1

-- name: performance_workspace
-- What the agent is compared with.
select
    {statistics}
from executions
where {of_workspace}

-- name: performance_standing
with by_agent as (
    select agent_id, count(*) as executions, avg(duration_us) as duration,
        {success_rate} as success_rate
    from executions
    where {of_workspace}
    group by agent_id
), ranked as (
    select agent_id,
        count(*) over () as agents,
        rank() over (order by executions desc) as by_executions,
        rank() over (order by success_rate desc nulls last) as by_success_rate,
        rank() over (order by duration nulls last) as by_duration
    from by_agent
)
select * from ranked where agent_id = %(agent)s

-- name: performance_reliability
with decided as (
    select started_at, execution_id, status <> 'succeeded' as is_failure,
        lag(status <> 'succeeded') over by_start as was_failure,
        row_number() over by_start as number
    from executions
    where {of_agent} and status in ('succeeded', 'failed', 'timed_out')
    window by_start as (order by started_at, execution_id)
), turns as (
    select is_failure, started_at as began, lead(started_at) over (order by number) as ended
    from decided
    where is_failure is distinct from was_failure
)
select count(ended) as recovered, avg(ended - began) as recovery, sum(ended - began) as outage
from turns
where is_failure

-- name: performance_concurrency
-- Runs that began before the interval may last into it.
with runs as (
    select greatest(started_at, %(start)s) as started_at,
        least(ended_at, started_at + interval '24 hours', %(end)s) as ended_at
    from executions
    where workspace_id = %(workspace)s and agent_id = %(agent)s and ended_at > %(start)s
        and started_at > %(start)s - interval '24 hours' and started_at < %(end)s
), steps as (
    select started_at as at, 1 as step from runs
    union all
    select ended_at, -1 from runs
)
select max(running) as peak
from (select sum(step) over (order by at, step rows unbounded preceding) as running from steps) as _

-- name: performance_models
select model,
    {statistics}
from executions
where {of_agent}
group by model
order by executions desc

-- name: performance_errors
select error_type, count(*) as executions
from executions
where {of_agent}
    and error_type is not null
group by error_type
order by executions desc

-- name: performance_error_patterns
select regexp_replace(error_message, '[0-9]+', '#', 'g') as message, error_type,
    count(*) as executions, min(started_at), max(started_at)
from executions
where {of_agent}
    and error_message is not null
group by 1, 2
having count(*) >= 3
order by executions desc
limit 20

-- name: performance_usage
select extract(isodow from started_at) as weekday, extract(hour from started_at) as hour,
    count(*) as executions
from executions
where {of_agent}
group by 1, 2

-- name: performance_users
select user_id, count(*) as executions, max(started_at) as last
from executions
where {of_agent}
group by user_id
order by executions desc, user_id
limit 10

-- name: performance_trend
select date_trunc('day', started_at) as day, count(*) as executions,
    {success_rate} as success_rate,
    avg(duration_us) as duration, sum(input_tokens + output_tokens) as tokens, sum(cost_usd) as cost
from executions
where {of_agent}
group by 1
order by 1

-- name: of_workspace
workspace_id = %(workspace)s and started_at >= %(start)s and started_at < %(end)s

-- name: of_agent
workspace_id = %(workspace)s and agent_id = %(agent)s
    and started_at >= %(start)s and started_at < %(end)s

-- name: success_rate
count(*) filter (where status = 'succeeded')::float8
    / nullif(count(*) filter (where status in ('succeeded', 'failed', 'timed_out')), 0)

-- name: statistics
count(*) as executions,
    count(*) filter (where status = 'running') as running,
    count(*) filter (where status = 'succeeded') as succeeded,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'timed_out') as timed_out,
    count(*) filter (where status = 'cancelled') as cancelled,
    sum(duration_us) filter (where status = 'succeeded') as useful_time,
    sum(duration_us) filter (where status in ('succeeded', 'failed', 'timed_out')) as decided_time,
    avg(duration_us) as average, min(duration_us) as shortest, max(duration_us) as longest,
    stddev_samp(duration_us) as deviation,
    percentile_cont(array[0.5, 0.75, 0.9, 0.95, 0.99]) within group (order by duration_us)
        as percentiles,
    sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens,
    sum(cached_input_tokens) as cached_input_tokens,
    count(input_tokens + output_tokens) as known_tokens,
    count(cost_usd) as known_costs, sum(cost_usd) as cost, sum(credits) as credits,
    count(distinct user_id) as users, count(distinct agent_id) as agents,
    avg(user_rating) as rating,
    count(*) filter (where user_rating = 1) as ones,
    count(*) filter (where user_rating = 2) as twos,
    count(*) filter (where user_rating = 3) as threes,
    count(*) filter (where user_rating = 4) as fours,
    count(*) filter (where user_rating = 5) as fives,
    max(started_at) as last_started_at
