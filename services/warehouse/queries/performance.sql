-- name: agent_name
-- The latest name that an agent has, if it ever ran.
select coalesce(
    (select agent_name from executions
     where workspace_id = $1 and agent_id = $2 and agent_name is not null
     order by started_at desc, execution_id desc
     limit 1),
    ''
) as agent_name
where exists (select from executions where workspace_id = $1 and agent_id = $2)

-- name: reliability
-- Decided runs by their ends; those at which success turns into failure or back.
with decided as (
    select ended_at, status <> 'succeeded' as is_failure,
        lag(status <> 'succeeded') over by_end as was_failure,
        row_number() over by_end as number
    from executions
    where {condition} and ended_at is not null and status in ('succeeded', 'failed', 'timed_out')
    window by_end as (order by ended_at, execution_id)
), turns as (
    select is_failure, ended_at as began, lead(ended_at) over (order by number) as ended
    from decided
    where is_failure is distinct from was_failure
), span as (
    select min(ended_at) as first_end, max(ended_at) as last_end,
        (array_agg(is_failure order by number desc))[1] as in_outage
    from decided
)
select
    extract(epoch from span.last_end - span.first_end)::float8 as observed_seconds,
    coalesce(sum(extract(epoch from coalesce(turns.ended, span.last_end) - turns.began))
        filter (where turns.is_failure), 0)::float8 as outage_seconds,
    count(turns.ended) filter (where turns.is_failure) as recovered_outages,
    avg(extract(epoch from turns.ended - turns.began))
        filter (where turns.is_failure)::float8 as recovery_seconds,
    coalesce(span.in_outage, false) as in_outage
from span left join turns on true
group by span.first_end, span.last_end, span.in_outage

-- name: peak_concurrency
-- Runs that begin and end at one instant do not overlap those that begin at it.
with steps as (
    select started_at as at, 1 as step from executions
    where {condition} and (ended_at > started_at or status = 'running')
    union all
    select coalesce(ended_at, greatest({as_of}::timestamptz, started_at)), -1 from executions
    where {condition} and (ended_at > started_at or status = 'running')
), totals as (
    select sum(step) over (order by at, step rows unbounded preceding) as running from steps
)
select coalesce(max(running), 0)::bigint as peak from totals

-- name: grades
select
    count(*) filter (where user_rating = 1) as one,
    count(*) filter (where user_rating = 2) as two,
    count(*) filter (where user_rating = 3) as three,
    count(*) filter (where user_rating = 4) as four,
    count(*) filter (where user_rating = 5) as five
from executions
where {condition}

-- name: models
select
    coalesce(model, '') as model,
    {statistics}
from executions
where {condition}
group by coalesce(model, '')
order by total desc, model

-- name: errors
select error_type::text, count(*) as executions
from executions
where {condition} and error_type is not null
group by error_type
order by executions desc, error_type::text

-- name: error_patterns
-- UUIDs, hexadecimal ids and numbers become "#", so that messages differing in them are one.
with messages as (
    select error_type, started_at,
        left(regexp_replace(
            error_message,
            '[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}|0x[0-9a-f]+|\m(?=[0-9a-f]*[0-9])[0-9a-f]{{8,}}\M|[0-9]+',
            '#', 'gi'
        ), 256) as message
    from executions
    where {condition} and error_type is not null and error_message is not null
)
select message, error_type::text, count(*) as executions,
    min(started_at) as first_started_at, max(started_at) as last_started_at
from messages
group by message, error_type
having count(*) >= 3
order by executions desc, message, error_type::text
limit {limit}

-- name: usage
with local as (
    select started_at at time zone {time_zone}::text as started from executions where {condition}
)
select extract(isodow from started)::int as weekday, extract(hour from started)::int as hour,
    count(*) as executions
from local
group by 1, 2
order by 1, 2

-- name: top_users
select user_id, count(*) as executions, max(started_at) as last_started_at
from executions
where {condition} and user_id is not null
group by user_id
order by executions desc, user_id
limit {limit}

-- name: trend
select
    width_bucket(started_at, {starts}::timestamptz[]) as bucket,
    count(*) as executions,
    {success_rate}
        as success_rate,
    {duration_avg} as average_duration,
    sum(input_tokens + output_tokens)::bigint as total_tokens,
    sum(cost_usd) as cost
from executions
where {condition}
group by 1
order by 1

-- name: standing
-- Ranks of an agent among all that ran; equal ones share a rank, unknown ones have none.
with by_agent as (
    select agent_id, count(*) as runs,
        {success_rate}
            as success_rate,
        avg(duration_us) as duration
    from executions
    where {condition}
    group by agent_id
), ranked as (
    select agent_id, success_rate, duration,
        count(*) over () as agents,
        rank() over (order by runs desc) as executions_rank,
        rank() over (order by success_rate desc nulls last) as success_rate_rank,
        rank() over (order by duration nulls last) as duration_rank,
        count(success_rate) over () as rated,
        rank() over (order by success_rate nulls last) as rank_from_below
    from by_agent
)
select agents, executions_rank,
    case when success_rate is not null then success_rate_rank end as success_rate_rank,
    case when duration is not null then duration_rank end as duration_rank,
    case when success_rate is not null and rated > 1
        then (rank_from_below - 1)::float8 / (rated - 1) end as success_rate_percentile
from ranked
where agent_id = {agent_id}
