-- name: insert_executions
-- Stores the runs that are new; their keys are claimed. What returns something is inserted, not copied,
-- where tables are distributed: policies are for who inserts.
insert into executions (
    workspace_id, execution_id, started_at, status, agent_id, ended_at, error_type,
    agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata
)
select
    workspace_id, execution_id, started_at, status, agent_id, ended_at, error_type,
    agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata
from arriving_executions
where workspace_id = $1 and stored_at is null
returning 1

-- name: place_keys
-- Lets the keys say where the runs lie.
update execution_keys key set started_at = arriving.started_at
from arriving_executions arriving
where key.workspace_id = $1 and arriving.workspace_id = $1
    and key.execution_id = arriving.execution_id and key.started_at <> arriving.started_at

-- name: replace_executions
-- Stores what is new of runs whose keys are locked. When a run was first recorded stays: the
-- ledger counts by it.
update executions e set (
    started_at, status, agent_id, ended_at, error_type,
    agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata
) = (
    arriving.started_at, arriving.status, arriving.agent_id, arriving.ended_at,
    arriving.error_type, arriving.agent_name, arriving.agent_version, arriving.user_id,
    arriving.model, arriving.provider, arriving.input_tokens, arriving.output_tokens,
    arriving.cached_input_tokens, arriving.cost_usd, arriving.credits, arriving.user_rating,
    arriving.tool_calls, arriving.parent_execution_id, arriving.conversation_id,
    arriving.error_message, arriving.metadata
)
from arriving_executions arriving
where e.workspace_id = $1 and arriving.workspace_id = $1
    and e.started_at = arriving.stored_at and e.execution_id = arriving.execution_id
