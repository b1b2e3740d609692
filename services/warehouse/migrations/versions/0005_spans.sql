-- Spans of traces, and where an execution comes from.

create type span_kind as enum ('agent', 'workflow', 'model_call', 'tool_call', 'step', 'other');

create type span_outcome as enum ('unspecified', 'ok', 'error');

-- Who told of a run: its producer, or the spans of a trace. What spans tell is derived anew
-- with every span of the trace, and never takes the place of what a producer recorded.
create type execution_origin as enum ('recorded', 'trace');

alter table executions add column origin execution_origin not null default 'recorded';

create table spans (
    workspace_id text collate "C" not null,
    started_at timestamptz not null,
    trace_id text collate "C" not null,
    span_id text collate "C" not null,
    parent_span_id text collate "C",
    ended_at timestamptz not null,
    duration_us bigint generated always as (
        (extract(epoch from (ended_at - started_at)) * 1000000)::bigint
    ) stored,
    kind span_kind not null,
    name text,
    outcome span_outcome not null,
    error_type text collate "C",
    error_message text,
    service_name text collate "C",
    agent_id text collate "C",
    agent_name text,
    agent_version text collate "C",
    user_id text collate "C",
    conversation_id text collate "C",
    provider text collate "C",
    request_model text collate "C",
    response_model text collate "C",
    response_id text collate "C",
    finish_reasons text[] not null default '{}',
    -- Cache reads and writes are parts of input, reasoning is a part of output.
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    tool_name text collate "C",
    tool_type text collate "C",
    tool_call_id text collate "C",
    cost_usd numeric,
    price_version text collate "C",
    recorded_at timestamptz not null default now(),
    primary key (workspace_id, started_at, trace_id, span_id),
    check (ended_at >= started_at),
    check ((cost_usd is null) = (price_version is null))
) partition by range (started_at);

create index spans_by_trace on spans (workspace_id, trace_id);
create index spans_by_recording on spans using brin (recorded_at) with (autosummarize = on);

-- The views ask with the rights of who asks them, so that row-level security binds them too.
create view model_calls with (security_invoker = true) as
select
    workspace_id, trace_id, span_id, parent_span_id, started_at, ended_at, duration_us, name,
    outcome, error_type, error_message, service_name, user_id, conversation_id, provider,
    request_model, response_model, response_id, finish_reasons, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, price_version
from spans
where kind = 'model_call';

create view tool_calls with (security_invoker = true) as
select
    workspace_id, trace_id, span_id, parent_span_id, started_at, ended_at, duration_us, name,
    outcome, error_type, error_message, service_name, user_id, conversation_id,
    tool_name, tool_type, tool_call_id
from spans
where kind = 'tool_call';

alter table spans enable row level security;
alter table spans force row level security;
create policy tenant on spans
    using (workspace_id = current_setting('shadower.workspace_id', true))
    with check (workspace_id = current_setting('shadower.workspace_id', true));

grant select, insert, update on spans to shadower_service;
grant select on model_calls, tool_calls to shadower_service;

-- As before, with a further table of facts.
create or replace function ensure_month(fact_table text, month timestamptz) returns void
language plpgsql security definer set search_path = shadower, pg_temp set timezone = 'UTC'
as $$
declare
    first_day timestamptz := date_trunc('month', month);
    partition_name text := fact_table || to_char(date_trunc('month', month), '"_"YYYY"_"MM');
begin
    if fact_table not in ('executions', 'metric_points', 'events', 'spans') then
        raise exception 'no fact table: %', fact_table;
    end if;
    if to_regclass(partition_name) is not null then
        return;
    end if;
    -- The lock that attaching takes anyway. Whoever has waited for a relation's lock hears of
    -- the partition that was made meanwhile; after an advisory lock it would not.
    execute format('lock table %I in share update exclusive mode', fact_table);
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
