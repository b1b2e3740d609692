-- Facts that a seed decides, made where they lie. $1 are the workspaces, which take turns; $2 and
-- $3 begin and end the time over which facts are spread evenly; $4 is how many there are in all,
-- $5 and $6 are the first and the last of those to make now, and $7 is the seed.

-- name: dice
-- From 0 to below 1, for a fact and what is thrown for.
create function pg_temp.dice(fact bigint, seed bigint, throw integer) returns double precision
language sql immutable as $$
    select (hashint8extended(fact, seed * 1000 + throw) & 9007199254740991)::float8
        / 9007199254740992
$$

-- name: place
-- The middle of one of as many equal parts of a time as there are facts.
create function pg_temp.place(
    fact bigint, first timestamptz, last timestamptz, facts bigint
) returns timestamptz
language sql immutable as $$
    select first + (last - first) * ((fact - 0.5) / facts)
$$

-- name: months
select ensure_month(fact_table, month)
from unnest(array['executions', 'metric_points', 'events', 'spans']) as fact_table,
    generate_series(
        date_trunc('month', $1::timestamptz), $2::timestamptz - interval '1 microsecond',
        interval '1 month'
    ) as month

-- name: workspace
-- A workspace that has changed once, all over.
with known as (
    insert into workspaces (workspace_id, revision) values ($1, 1)
)
insert into workspace_changes (workspace_id, revision, touched)
values ($1, 1, tstzmultirange(tstzrange($2, $3)))

-- name: executions
-- Mostly short runs, many of them of few agents and users. Where there is a crowd of agents, every
-- second run is of one of them, who take turns. What differs is taken from hashes of
-- their numbers, so that the same ones come out whatever parts they are made in. Materialised,
-- since what is thrown for once would else be thrown for wherever it is used.
with placed as materialized (
    select number,
        $1::text[] as workspaces,
        pg_temp.place(number, $2, $3, $4) as started_at,
        pg_temp.dice(number, $7, 2) as fate,
        exp(
            ln(8) + sqrt(-2 * ln(1 - pg_temp.dice(number, $7, 3)))
                * cos(2 * pi() * pg_temp.dice(number, $7, 4))
        ) as seconds
    from generate_series($5::bigint, $6::bigint) as number
), run as materialized (
    select *,
        case
            when fate < 0.86 then 'succeeded' when fate < 0.95 then 'failed'
            when fate < 0.99 then 'timed_out' when fate < 0.995 then 'cancelled' else 'running'
        end::execution_status as status,
        case when fate < 0.995
            then least(started_at + interval '1 second' * least(seconds, 3600), $3) end as ended_at,
        case when pg_temp.dice(number, $7, 5) < 0.95
            then trunc(8000 * pg_temp.dice(number, $7, 6))::bigint end as input_tokens,
        case when number % 2 = 0 and {crowd} > 0 then 50 + (number / 2) % {crowd}
            else trunc(50 * pg_temp.dice(number, $7, 7) ^ 2)::bigint end as agent,
        trunc(3 * pg_temp.dice(number, $7, 8))::int as model
    from placed
), stored as (
    insert into executions (
        workspace_id, execution_id, started_at, ended_at, status, error_type, agent_id, agent_name,
        agent_version, user_id, model, provider, input_tokens, output_tokens, cost_usd, credits,
        user_rating, tool_calls, error_message, recorded_at
    )
    select
        workspaces[1 + (number - 1) % cardinality(workspaces)],
        'run-' || lpad(number::text, 12, '0'),
        started_at,
        ended_at,
        status,
        case status
            when 'timed_out' then 'timeout'
            when 'failed' then (enum_range('rate_limit'::error_type, 'unknown'))[
                1 + trunc(8 * pg_temp.dice(number, $7, 9))::int]
        end::error_type,
        'agent-' || agent,
        'Agent ' || agent,
        'v' || 1 + agent % 3,
        'user-' || trunc(2000 * pg_temp.dice(number, $7, 10) ^ 2)::int,
        'model-' || model,
        'provider-' || model % 2,
        input_tokens,
        input_tokens / 5,
        trunc(100000 * pg_temp.dice(number, $7, 11))::numeric * 0.000001,
        trunc(400 * pg_temp.dice(number, $7, 12))::numeric * 0.01,
        case when pg_temp.dice(number, $7, 13) < 0.1
            then 1 + trunc(5 * pg_temp.dice(number, $7, 14)) end,
        trunc(6 * pg_temp.dice(number, $7, 15)),
        case when status in ('failed', 'timed_out')
            then 'step ' || number || ' gave up on tool '
                || chr(97 + trunc(20 * pg_temp.dice(number, $7, 16))::int) end,
        coalesce(ended_at, started_at)
    from run
    returning workspace_id, execution_id, started_at, recorded_at
), keyed as (
    insert into execution_keys (workspace_id, execution_id, started_at)
    select workspace_id, execution_id, started_at from stored
)

-- name: metric_points
with stored as (
    insert into metric_points (
        workspace_id, occurred_at, point_id, metric_type, value, tags, recorded_at
    )
    select
        ($1::text[])[1 + (number - 1) % cardinality($1::text[])],
        occurred_at,
        'point-' || lpad(number::text, 12, '0'),
        'gauge.' || trunc(10 * pg_temp.dice(number, $7, 21))::int,
        1000 * pg_temp.dice(number, $7, 22),
        jsonb_build_object('region', 'r-' || trunc(4 * pg_temp.dice(number, $7, 23))::int),
        occurred_at
    from generate_series($5::bigint, $6::bigint) as number,
        lateral (select pg_temp.place(number, $2, $3, $4)) as placed (occurred_at)
    returning workspace_id, recorded_at
)

-- name: events
with stored as (
    insert into events (workspace_id, occurred_at, event_id, type, user_id, recorded_at)
    select
        ($1::text[])[1 + (number - 1) % cardinality($1::text[])],
        occurred_at,
        'event-' || lpad(number::text, 12, '0'),
        (array['user.login', 'user.logout', 'workflow.completed'])[
            1 + trunc(3 * pg_temp.dice(number, $7, 31))::int],
        'user-' || trunc(2000 * pg_temp.dice(number, $7, 32) ^ 2)::int,
        occurred_at
    from generate_series($5::bigint, $6::bigint) as number,
        lateral (select pg_temp.place(number, $2, $3, $4)) as placed (occurred_at)
    returning workspace_id, recorded_at
)

-- name: spans
-- Calls of models, each the only one of its trace.
with stored as (
    insert into spans (
        workspace_id, started_at, trace_id, span_id, ended_at, kind, name, outcome, provider,
        request_model, input_tokens, output_tokens, recorded_at
    )
    select
        ($1::text[])[1 + (number - 1) % cardinality($1::text[])],
        started_at,
        lpad(to_hex(number), 32, '0'),
        lpad(to_hex(number), 16, '0'),
        least(started_at + interval '1 second' * pg_temp.dice(number, $7, 41), $3),
        'model_call',
        'chat',
        'ok',
        'provider-0',
        'model-' || trunc(3 * pg_temp.dice(number, $7, 42))::int,
        trunc(8000 * pg_temp.dice(number, $7, 43)),
        trunc(1500 * pg_temp.dice(number, $7, 44)),
        started_at
    from generate_series($5::bigint, $6::bigint) as number,
        lateral (select pg_temp.place(number, $2, $3, $4)) as placed (started_at)
    returning workspace_id, recorded_at
)

-- name: accounts
-- Follows one of the above: all of it came in and was stored.
insert into ledger as account
    (workspace_id, hour, kind, received, stored, updated, duplicate, rejected)
select workspace_id, date_trunc('hour', recorded_at), '{kind}', count(*), count(*), 0, 0, 0
from stored
group by 1, 2
on conflict (workspace_id, hour, kind) do update set
    received = account.received + excluded.received, stored = account.stored + excluded.stored
