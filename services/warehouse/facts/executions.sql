-- name: claim_keys
-- Claims the ids that are new. In the order of ids, so that writers never wait for each
-- other in a circle; waits for a writer that claimed one and has not committed.
insert into execution_keys (workspace_id, execution_id, started_at)
select $1, arriving.execution_id, arriving.started_at
from unnest($2::text[], $3::timestamptz[]) as arriving (execution_id, started_at)
order by arriving.execution_id collate "C"
on conflict do nothing

-- name: lock_keys
select execution_id, started_at from execution_keys
where workspace_id = $1 and execution_id = any($2::text[])
order by execution_id
for update

-- name: stored_executions
-- Runs at the times that their locked keys name; a key that was claimed just now has none.
select e.*
from unnest($2::text[], $3::timestamptz[]) as key (execution_id, started_at)
join executions e
    on e.workspace_id = $1 and e.started_at = key.started_at and e.execution_id = key.execution_id

-- name: insert_executions
-- Stores the runs that are new; their keys are claimed.
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
