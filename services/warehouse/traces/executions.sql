-- name: remove_executions
delete from executions e
using unnest($2::text[], $3::timestamptz[]) as old (execution_id, started_at)
where e.workspace_id = $1 and e.started_at = old.started_at and e.execution_id = old.execution_id
    and e.origin = 'trace'

-- name: remove_keys
delete from execution_keys where workspace_id = $1 and execution_id = any($2::text[])

-- name: insert_executions
-- Stores runs whose keys are locked, and lets the keys say where they lie.
with derived as (
    select * from jsonb_populate_recordset(null::executions, $2)
), placed as (
    update execution_keys key set started_at = derived.started_at
    from derived
    where key.workspace_id = $1 and key.execution_id = derived.execution_id
        and key.started_at <> derived.started_at
)
insert into executions (
    workspace_id, execution_id, started_at, ended_at, status, error_type,
    agent_id, agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata, origin
)
select
    $1, execution_id, started_at, ended_at, status, error_type,
    agent_id, agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata, 'trace'
from derived
returning 1
