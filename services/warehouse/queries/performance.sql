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

-- name: top_users
select user_id, count(*) as executions, max(started_at) as last_started_at
from executions
where {condition} and user_id is not null
group by user_id
order by executions desc, user_id
limit {limit}
