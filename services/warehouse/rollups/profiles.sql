-- name: runs
-- Under the name that statements know their time by.
select * from (
    select workspace_id, agent_id, execution_id, started_at as start, ended_at, duration_us, status,
        error_type, error_message, user_id
    from executions
) as run
where {where}

-- name: lasting
-- As the index on such runs has it.
{condition} and duration_us > 3600000000

-- name: of_facts
-- Profiles of the agents with runs in given times, which are numbered from 1.
with run as materialized (
{runs}
), early as (
{early}
), by_user as (
    select width_bucket(start, {starts}) as place, agent_id, user_id as text,
        count(*) as executions, min(start) as first, max(start) as last
    from run where user_id is not null
    group by place, agent_id, user_id
), users as (
    select place, agent_id, {tally} as users from by_user group by place, agent_id
), by_message as (
    -- UUIDs, hexadecimal ids and numbers become "#", so that messages differing in them are one.
    select width_bucket(start, {starts}) as place, agent_id,
        (error_type::text || ' ' || left(regexp_replace(
            error_message,
            '[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}|0x[0-9a-f]+|\m(?=[0-9a-f]*[0-9])[0-9a-f]{{8,}}\M|[0-9]+',
            '#', 'gi'
        ), 256)) collate "C" as text,
        count(*) as executions, min(start) as first, max(start) as last
    from run where error_type is not null and error_message is not null
    group by place, agent_id, text
), messages as (
    select place, agent_id, {tally} as messages from by_message group by place, agent_id
), decided as (
    select width_bucket(start, {starts}) as place, agent_id, execution_id, start,
        status <> 'succeeded' as fails
    from run where status in ('succeeded', 'failed', 'timed_out')
), ordered as (
    select *, lag(fails) over in_order as failed, max(start) over agent as last,
        row_number() over in_order as number
    from decided
    window agent as (partition by place, agent_id),
        in_order as (partition by place, agent_id order by start, execution_id)
), turns as (
    -- Decided runs at which success turns into failure or back, and the next such.
    select *, lead(start) over (partition by place, agent_id order by number) as until
    from ordered where fails is distinct from failed
), outages as (
    select place, agent_id,
        min(start) as first_decided_at,
        max(last) as last_decided_at,
        bool_or(fails) filter (where number = 1) as begins_failing,
        bool_or(not fails) as has_succeeded,
        max(start) filter (where fails and until is null) as failing_since,
        count(until) filter (where fails) as ended,
        coalesce(
            sum((extract(epoch from until - start) * 1000000)::bigint) filter (where fails), 0
        )::bigint as outage_us
    from turns
    group by place, agent_id
), lasting as (
    select width_bucket(start, {starts}) as first_place, agent_id, start,
        least(ended_at, start + interval '24 hours') as until
    from (select agent_id, start, ended_at from run
          union all select agent_id, start, ended_at from early) as any_run
    where ended_at > start
), under_way as (
    -- Most lie in one place; to make series for those too would take most of the time.
    select first_place as place, agent_id, start, until
    from lasting where until <= ({ends})[first_place]
    union all
    select place, agent_id,
        greatest(lasting.start, ({starts})[place]) as start, least(until, ({ends})[place]) as until
    from lasting, generate_series(
        greatest(first_place, 1), width_bucket(until - interval '1 microsecond', {starts})
    ) as place
    -- Beyond the end of its own place, or into the next: most early ones are over by then.
    where start < ({ends})[first_place] and until > ({ends})[first_place]
        or until > ({starts})[first_place + 1]
), steps as (
    select place, agent_id, start as at, 1 as step from under_way where start < until
    union all
    select place, agent_id, until, -1 from under_way where start < until
), totals as (
    -- A run that ends as another begins does not overlap it.
    select place, agent_id, sum(step) over (
        partition by place, agent_id order by at, step rows unbounded preceding
    ) as running
    from steps
), peaks as (
    select place, agent_id, max(running) as peak from totals group by place, agent_id
), agents as (
    select distinct width_bucket(start, {starts}) as place, agent_id from run
    union
    select place, agent_id from peaks
)
select place, agent_id, coalesce(users, '') as users, coalesce(messages, '') as messages,
    coalesce(peak, 0)::bigint as peak,
    first_decided_at, last_decided_at, begins_failing, has_succeeded, failing_since, ended,
    outage_us
from agents
left join users using (place, agent_id)
left join messages using (place, agent_id)
left join outages using (place, agent_id)
left join peaks using (place, agent_id)

-- name: tally
-- As the module of tallies reads it.
int4send(count(*)::int) || string_agg(
    int4send(executions::int) || int8send((extract(epoch from first) * 1000000)::bigint)
        || int8send((extract(epoch from last) * 1000000)::bigint),
    '' order by text
) || string_agg(convert_to(text, 'UTF8'), '\x00' order by text)

-- name: of_cells
-- The order of the join is fixed: each span is one short walk along an index.
select profile.*
from unnest({levels}::text[], {starts}::timestamptz[], {ends}::timestamptz[])
    as part (level, first, last)
cross join lateral (
    select level, start, agent_id, {columns} from agent_profiles
    where workspace_id = $1 and level = part.level and start >= part.first and start < part.last
        and {condition}
    offset 0
) as profile
