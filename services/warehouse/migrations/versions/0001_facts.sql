-- Facts of workspaces. workspace_id leads every key and every policy; facts are
-- partitioned by the month of their time, so that retention is a matter of dropping.

create type execution_status as enum ('running', 'succeeded', 'failed', 'timed_out', 'cancelled');

create type error_type as enum (
    'timeout', 'rate_limit', 'validation', 'model_error', 'network', 'auth', 'resource',
    'user_error', 'unknown'
);

-- A workspace and the number of its last change. A writer takes the row's lock as the
-- last thing before it commits, so numbers follow the order of commits: who has seen
-- number n has seen everything up to n.
create table workspaces (
    workspace_id text collate "C" primary key,
    revision bigint not null default 0,
    created_at timestamptz not null default now()
);

-- Which times a change touched, for those who follow a workspace live.
create table workspace_changes (
    workspace_id text collate "C" not null,
    revision bigint not null,
    committed_at timestamptz not null default clock_timestamp(),
    touched tstzmultirange not null,
    primary key (workspace_id, revision)
);

create table executions (
    workspace_id text collate "C" not null,
    execution_id text collate "C" not null,
    started_at timestamptz not null,
    ended_at timestamptz,
    -- Exact; sums of it do not depend on their order as sums of floats do.
    duration_us bigint generated always as (
        (extract(epoch from (ended_at - started_at)) * 1000000)::bigint
    ) stored,
    status execution_status not null,
    -- Known for each run that failed or timed out, and for no other.
    error_type error_type,
    agent_id text collate "C" not null,
    agent_name text,
    agent_version text collate "C",
    user_id text collate "C",
    model text collate "C",
    provider text collate "C",
    input_tokens bigint,
    output_tokens bigint,
    cached_input_tokens bigint,
    cost_usd numeric,
    credits numeric,
    user_rating smallint,
    tool_calls integer,
    parent_execution_id text collate "C",
    conversation_id text collate "C",
    error_message text,
    metadata jsonb not null default '{}',
    recorded_at timestamptz not null default now(),
    primary key (workspace_id, started_at, execution_id),
    check (ended_at >= started_at),
    check ((error_type is not null) = (status in ('failed', 'timed_out')))
) partition by range (started_at);

create index executions_by_agent on executions (workspace_id, agent_id, started_at);

-- What keeps an execution_id unique in its workspace across partitions: the fact lies
-- at the started_at that stands here. Writers lock a run by locking its key.
create table execution_keys (
    workspace_id text collate "C" not null,
    execution_id text collate "C" not null,
    started_at timestamptz not null,
    primary key (workspace_id, execution_id)
);

create table metric_points (
    workspace_id text collate "C" not null,
    occurred_at timestamptz not null,
    point_id text collate "C" not null,
    metric_type text collate "C" not null,
    value double precision not null,
    tags jsonb not null default '{}',
    recorded_at timestamptz not null default now(),
    primary key (workspace_id, occurred_at, point_id)
) partition by range (occurred_at);

create index metric_points_by_type on metric_points (workspace_id, metric_type, occurred_at);

create table events (
    workspace_id text collate "C" not null,
    occurred_at timestamptz not null,
    event_id text collate "C" not null,
    type text collate "C" not null,
    user_id text collate "C",
    correlation_id text collate "C",
    data jsonb not null default '{}',
    metadata jsonb not null default '{}',
    recorded_at timestamptz not null default now(),
    primary key (workspace_id, occurred_at, event_id)
) partition by range (occurred_at);

create index events_by_type on events (workspace_id, type, occurred_at);

-- The partition of the month that contains a time. Made apart and then attached, which
-- takes a lock that neither readers nor writers of other months wait for. Runs with its
-- owner's rights, since those who write facts own nothing.
create function ensure_month(fact_table text, month timestamptz) returns void
language plpgsql security definer set search_path = shadower, pg_temp set timezone = 'UTC'
as $$
declare
    first_day timestamptz := date_trunc('month', month);
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
begin
    if fact_table not in ('executions', 'metric_points', 'events') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('shadower.ensure_month'));
    if to_regclass(partition_name) is not null then
        return;
    end if;
    execute format('create table %I (like %I including all)', partition_name, fact_table);
    execute format(
        'alter table %I attach partition %I for values from (%L) to (%L)',
        fact_table, partition_name, first_day, first_day + interval '1 month'
    );
end
$$;
