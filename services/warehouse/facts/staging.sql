-- name: create_staging
-- Without indexes and without checks: the tables that rows go on to have them. Rows name their
-- workspace, since a transaction that goes from one to another leaves rows of both behind.
create temporary table arriving_executions on commit delete rows as
select
    workspace_id, execution_id, started_at, status, agent_id, ended_at, error_type,
    agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata,
    -- Where the run lies that this one replaces; null if it is new.
    null::timestamptz as stored_at
from executions
with no data;

create temporary table arriving_metric_points on commit delete rows as
select workspace_id, occurred_at, point_id, metric_type, value, tags from metric_points
with no data;

create temporary table arriving_events on commit delete rows as
select workspace_id, occurred_at, event_id, type, user_id, correlation_id, data, metadata
from events
with no data;

create temporary table arriving_agent_profiles on commit delete rows as
select * from agent_profiles
with no data;

create temporary table arriving_point_cells on commit delete rows as
select * from point_cells
with no data;

-- Exact numbers of cells are carried as text.
create temporary table arriving_execution_cells on commit delete rows as
select * from execution_cells
with no data;
do $$
declare
    number_column name;
begin
    for number_column in
        select attname from pg_attribute
        where attrelid = 'arriving_execution_cells'::regclass and atttypid = 'numeric'::regtype
    loop
        execute format('alter table arriving_execution_cells alter %I type text', number_column);
    end loop;
end
$$;
