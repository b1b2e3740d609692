-- Cells: what runs of a time have in common, kept ready so that nobody has to read the runs.

-- A level is a length of time, in UTC: slot (five minutes: every time zone's clock is a whole
-- number of them away from UTC), hour, day, week (from Monday). A cuboid says what cells tell apart:
-- workspace (nothing), agent, model, agent_model, fine (agent, model, status and error type); profiles
-- of agents and cells of metrics have tables of their own. Both are texts, since an index on an enum is
-- of no use where a policy guards the rows: PostgreSQL does not know that comparing enums leaks nothing.

-- A key that a cuboid does not tell apart is ''; so is one that is not known. Sums of what nobody
-- knows are null. Durations are in microseconds, and also counted in logarithmic bins; users are
-- kept as a theta sketch over 64-bit hashes of their ids.
create table execution_cells (
    workspace_id text collate "C" not null,
    level text collate "C" not null check (level in ('slot', 'hour', 'day', 'week')),
    cuboid text collate "C" not null
        check (cuboid in ('workspace', 'agent', 'model', 'agent_model', 'fine')),
    start timestamptz not null,
    agent_id text collate "C" not null,
    model text collate "C" not null,
    status text collate "C" not null,
    error_type text collate "C" not null,
    executions bigint not null,
    running bigint not null,
    succeeded bigint not null,
    failed bigint not null,
    timed_out bigint not null,
    cancelled bigint not null,
    errors_timeout bigint not null,
    errors_rate_limit bigint not null,
    errors_validation bigint not null,
    errors_model_error bigint not null,
    errors_network bigint not null,
    errors_auth bigint not null,
    errors_resource bigint not null,
    errors_user_error bigint not null,
    errors_unknown bigint not null,
    duration_known bigint not null,
    duration_sum numeric,
    duration_squares numeric,
    duration_min numeric,
    duration_max numeric,
    input_tokens_known bigint not null,
    input_tokens_sum numeric,
    input_tokens_squares numeric,
    input_tokens_min numeric,
    input_tokens_max numeric,
    output_tokens_known bigint not null,
    output_tokens_sum numeric,
    output_tokens_squares numeric,
    output_tokens_min numeric,
    output_tokens_max numeric,
    cached_input_tokens_known bigint not null,
    cached_input_tokens_sum numeric,
    cached_input_tokens_squares numeric,
    cached_input_tokens_min numeric,
    cached_input_tokens_max numeric,
    total_tokens_known bigint not null,
    total_tokens_sum numeric,
    total_tokens_squares numeric,
    total_tokens_min numeric,
    total_tokens_max numeric,
    cost_known bigint not null,
    cost_sum numeric,
    cost_squares numeric,
    cost_min numeric,
    cost_max numeric,
    credits_known bigint not null,
    credits_sum numeric,
    credits_squares numeric,
    credits_min numeric,
    credits_max numeric,
    user_rating_known bigint not null,
    user_rating_sum numeric,
    user_rating_squares numeric,
    user_rating_min numeric,
    user_rating_max numeric,
    tool_calls_known bigint not null,
    tool_calls_sum numeric,
    tool_calls_squares numeric,
    tool_calls_min numeric,
    tool_calls_max numeric,
    user_rating_1 bigint not null,
    user_rating_2 bigint not null,
    user_rating_3 bigint not null,
    user_rating_4 bigint not null,
    user_rating_5 bigint not null,
    duration_sum_succeeded numeric,
    duration_sum_decided numeric,
    user_known bigint not null,
    model_known bigint not null,
    conversation_known bigint not null,
    last_started_at timestamptz not null,
    duration_bins bytea not null,
    users bytea not null,
    primary key (workspace_id, level, cuboid, start, agent_id, model, status, error_type)
);
-- Of all cells, those too that tell no agents apart: statements learn of cuboids as they run, too late
-- to know that an index of some would do.
create index execution_cells_by_agent on execution_cells
    (workspace_id, level, cuboid, agent_id, start);

-- Cells, and runs as cells of one run each, with the same columns: statements read the two as one.
-- The last columns are what only runs tell.
create view execution_condensed with (security_invoker = true) as
select
    workspace_id,
    level,
    cuboid,
    start,
    agent_id,
    model,
    status,
    error_type,
    executions,
    running,
    succeeded,
    failed,
    timed_out,
    cancelled,
    errors_timeout,
    errors_rate_limit,
    errors_validation,
    errors_model_error,
    errors_network,
    errors_auth,
    errors_resource,
    errors_user_error,
    errors_unknown,
    duration_known,
    duration_sum,
    duration_squares,
    duration_min,
    duration_max,
    input_tokens_known,
    input_tokens_sum,
    input_tokens_squares,
    input_tokens_min,
    input_tokens_max,
    output_tokens_known,
    output_tokens_sum,
    output_tokens_squares,
    output_tokens_min,
    output_tokens_max,
    cached_input_tokens_known,
    cached_input_tokens_sum,
    cached_input_tokens_squares,
    cached_input_tokens_min,
    cached_input_tokens_max,
    total_tokens_known,
    total_tokens_sum,
    total_tokens_squares,
    total_tokens_min,
    total_tokens_max,
    cost_known,
    cost_sum,
    cost_squares,
    cost_min,
    cost_max,
    credits_known,
    credits_sum,
    credits_squares,
    credits_min,
    credits_max,
    user_rating_known,
    user_rating_sum,
    user_rating_squares,
    user_rating_min,
    user_rating_max,
    tool_calls_known,
    tool_calls_sum,
    tool_calls_squares,
    tool_calls_min,
    tool_calls_max,
    user_rating_1,
    user_rating_2,
    user_rating_3,
    user_rating_4,
    user_rating_5,
    duration_sum_succeeded,
    duration_sum_decided,
    user_known,
    model_known,
    conversation_known,
    last_started_at,
    duration_bins,
    users,
    null::bigint as duration_us,
    null::text collate "C" as user_id,
    null::text collate "C" as agent_version,
    null::text collate "C" as provider,
    null::text collate "C" as conversation_id,
    null::bigint as input_tokens,
    null::bigint as output_tokens,
    null::bigint as cached_input_tokens,
    null::bigint as total_tokens,
    null::numeric as cost,
    null::numeric as credits,
    null::smallint as user_rating,
    null::integer as tool_calls
from execution_cells;

create view execution_units with (security_invoker = true) as
select
    workspace_id,
    null::text collate "C" as level,
    null::text collate "C" as cuboid,
    started_at as start,
    agent_id,
    coalesce(model, '') as model,
    status::text collate "C" as status,
    coalesce(error_type::text, '') collate "C" as error_type,
    1::bigint as executions,
    (status = 'running')::int::bigint as running,
    (status = 'succeeded')::int::bigint as succeeded,
    (status = 'failed')::int::bigint as failed,
    (status = 'timed_out')::int::bigint as timed_out,
    (status = 'cancelled')::int::bigint as cancelled,
    coalesce((error_type = 'timeout')::int, 0)::bigint as errors_timeout,
    coalesce((error_type = 'rate_limit')::int, 0)::bigint as errors_rate_limit,
    coalesce((error_type = 'validation')::int, 0)::bigint as errors_validation,
    coalesce((error_type = 'model_error')::int, 0)::bigint as errors_model_error,
    coalesce((error_type = 'network')::int, 0)::bigint as errors_network,
    coalesce((error_type = 'auth')::int, 0)::bigint as errors_auth,
    coalesce((error_type = 'resource')::int, 0)::bigint as errors_resource,
    coalesce((error_type = 'user_error')::int, 0)::bigint as errors_user_error,
    coalesce((error_type = 'unknown')::int, 0)::bigint as errors_unknown,
    (duration_us is not null)::int::bigint as duration_known,
    duration_us::numeric as duration_sum,
    duration_us::numeric * duration_us as duration_squares,
    duration_us::numeric as duration_min,
    duration_us::numeric as duration_max,
    (input_tokens is not null)::int::bigint as input_tokens_known,
    input_tokens::numeric as input_tokens_sum,
    input_tokens::numeric * input_tokens as input_tokens_squares,
    input_tokens::numeric as input_tokens_min,
    input_tokens::numeric as input_tokens_max,
    (output_tokens is not null)::int::bigint as output_tokens_known,
    output_tokens::numeric as output_tokens_sum,
    output_tokens::numeric * output_tokens as output_tokens_squares,
    output_tokens::numeric as output_tokens_min,
    output_tokens::numeric as output_tokens_max,
    (cached_input_tokens is not null)::int::bigint as cached_input_tokens_known,
    cached_input_tokens::numeric as cached_input_tokens_sum,
    cached_input_tokens::numeric * cached_input_tokens as cached_input_tokens_squares,
    cached_input_tokens::numeric as cached_input_tokens_min,
    cached_input_tokens::numeric as cached_input_tokens_max,
    ((input_tokens + output_tokens) is not null)::int::bigint as total_tokens_known,
    (input_tokens + output_tokens)::numeric as total_tokens_sum,
    (input_tokens + output_tokens)::numeric * (input_tokens + output_tokens) as total_tokens_squares,
    (input_tokens + output_tokens)::numeric as total_tokens_min,
    (input_tokens + output_tokens)::numeric as total_tokens_max,
    (cost_usd is not null)::int::bigint as cost_known,
    cost_usd as cost_sum,
    cost_usd * cost_usd as cost_squares,
    cost_usd as cost_min,
    cost_usd as cost_max,
    (credits is not null)::int::bigint as credits_known,
    credits as credits_sum,
    credits * credits as credits_squares,
    credits as credits_min,
    credits as credits_max,
    (user_rating is not null)::int::bigint as user_rating_known,
    user_rating::numeric as user_rating_sum,
    user_rating::numeric * user_rating as user_rating_squares,
    user_rating::numeric as user_rating_min,
    user_rating::numeric as user_rating_max,
    (tool_calls is not null)::int::bigint as tool_calls_known,
    tool_calls::numeric as tool_calls_sum,
    tool_calls::numeric * tool_calls as tool_calls_squares,
    tool_calls::numeric as tool_calls_min,
    tool_calls::numeric as tool_calls_max,
    coalesce((user_rating = 1)::int, 0)::bigint as user_rating_1,
    coalesce((user_rating = 2)::int, 0)::bigint as user_rating_2,
    coalesce((user_rating = 3)::int, 0)::bigint as user_rating_3,
    coalesce((user_rating = 4)::int, 0)::bigint as user_rating_4,
    coalesce((user_rating = 5)::int, 0)::bigint as user_rating_5,
    case when status = 'succeeded' then duration_us end::numeric as duration_sum_succeeded,
    case when status in ('succeeded', 'failed', 'timed_out') then duration_us end::numeric
        as duration_sum_decided,
    (user_id is not null)::int::bigint as user_known,
    (model is not null)::int::bigint as model_known,
    (conversation_id is not null)::int::bigint as conversation_known,
    started_at as last_started_at,
    null::bytea as duration_bins,
    null::bytea as users,
    duration_us,
    user_id,
    agent_version,
    provider,
    conversation_id,
    input_tokens,
    output_tokens,
    cached_input_tokens,
    input_tokens + output_tokens as total_tokens,
    cost_usd as cost,
    credits,
    user_rating,
    tool_calls
from executions;

-- Those that have not ended, said as the view above says it: hardly ever many, and cells that lose
-- one are made anew from the others.
create index executions_running on executions (workspace_id, started_at)
    where (status = 'running')::int::bigint = 1;

-- Cells of metric points: of all points of one metric, whatever their tags. The latest one is that
-- of the greatest value among those of one moment.
create table point_cells (
    workspace_id text collate "C" not null,
    level text collate "C" not null check (level in ('hour', 'day', 'week')),
    start timestamptz not null,
    metric_type text collate "C" not null,
    points bigint not null,
    total double precision not null,
    least double precision not null,
    most double precision not null,
    latest_at timestamptz not null,
    latest double precision not null,
    primary key (workspace_id, level, metric_type, start)
);

-- Cells, and points as cells of one point each, with the same columns. The last ones are what only
-- points tell.
create view point_condensed with (security_invoker = true) as
select
    workspace_id, level, start, metric_type, points, total, least, most, latest_at, latest,
    null::text collate "C" as point_id, null::double precision as value, null::jsonb as tags
from point_cells;

create view point_units with (security_invoker = true) as
select
    workspace_id, null::text collate "C" as level, occurred_at as start, metric_type,
    1::bigint as points, value as total, value as least, value as most, occurred_at as latest_at,
    value as latest, point_id, value, tags
from metric_points;

-- Profiles: what else there is to tell of an agent in an hour, a day or a week. Users and messages
-- (with their types of error) are packed tallies: how many texts there are, for each how many runs
-- have it and when the first and the last of them began, and the texts. One is null where there are
-- too many. The peak is how many runs were under way at one instant. What follows is null where no run
-- was decided: outages last from a run that does not succeed to the next that does, by their starts;
-- those that a run of the time ended are counted, failing_since is when the last one began.
create table agent_profiles (
    workspace_id text collate "C" not null,
    level text collate "C" not null check (level in ('hour', 'day', 'week')),
    start timestamptz not null,
    agent_id text collate "C" not null,
    users bytea,
    messages bytea,
    peak bigint not null,
    first_decided_at timestamptz,
    last_decided_at timestamptz,
    begins_failing boolean,
    has_succeeded boolean,
    failing_since timestamptz,
    ended bigint,
    outage_us bigint,
    primary key (workspace_id, level, start, agent_id)
);
create index agent_profiles_by_agent on agent_profiles (workspace_id, level, agent_id, start);
-- Many of them are read at once, and they hardly shrink.
alter table agent_profiles
    alter column users set storage external, alter column messages set storage external;

-- Those that last into other hours than they and the next begin in.
create index executions_lasting on executions (workspace_id, started_at, agent_id)
    where duration_us > 3600000000;

-- Which cells agree with the facts. Whoever changes facts takes their time out of the spans, or
-- changes the cells too, in the same transaction and with the workspace's lock. What is spared was
-- looked at: there are hardly fewer cells than runs, so that reading the runs is as fast.
create table rollups (
    workspace_id text collate "C" not null,
    level text collate "C" not null check (level in ('slot', 'hour', 'day', 'week')),
    cuboid text collate "C" not null
        check (cuboid in ('workspace', 'agent', 'model', 'agent_model', 'fine', 'profile', 'metric')),
    spans tstzmultirange not null,
    spared tstzmultirange not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, level, cuboid)
);

do $$
declare
    tenant_table text;
begin
    foreach tenant_table in array array[
        'execution_cells', 'agent_profiles', 'point_cells', 'rollups'
    ] loop
        execute format('alter table %I enable row level security', tenant_table);
        execute format('alter table %I force row level security', tenant_table);
        execute format(
            'create policy tenant on %I
             using (workspace_id = current_setting(''shadower.workspace_id'', true))
             with check (workspace_id = current_setting(''shadower.workspace_id'', true))',
            tenant_table
        );
    end loop;
end
$$;
grant select, insert, update, delete on execution_cells, agent_profiles, point_cells, rollups
    to shadower_service;
grant select on execution_condensed, execution_units, point_condensed, point_units
    to shadower_service;
