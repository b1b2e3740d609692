-- name: claim_keys
-- Claims the ids that are new. In the order of ids, so that writers never wait for each
-- other in a circle; waits for a writer that claimed one and has not committed.
insert into execution_keys (workspace_id, execution_id, started_at)
select $1, arriving.execution_id, arriving.started_at
from unnest($2::text[], $3::timestamptz[]) as arriving (execution_id, started_at)
order by arriving.execution_id collate "C"
on conflict do nothing
returning execution_id

-- name: lock_keys
select execution_id, started_at from execution_keys
where workspace_id = $1 and execution_id = any($2::text[])
order by execution_id
for update

-- name: stored_executions
-- Runs at the times that their locked keys name.
select e.*
from unnest($2::text[], $3::timestamptz[]) as key (execution_id, started_at)
join executions e
    on e.workspace_id = $1 and e.started_at = key.started_at and e.execution_id = key.execution_id

-- name: remove_executions
delete from executions e
using unnest($2::text[], $3::timestamptz[]) as old (execution_id, started_at)
where e.workspace_id = $1 and e.started_at = old.started_at and e.execution_id = old.execution_id

-- name: insert_executions
-- Stores runs whose keys are locked, and lets the keys say where they lie.
with arriving as (
    select * from unnest(
        $2::text[], $3::timestamptz[], $4::timestamptz[], $5::execution_status[], $6::error_type[],
        $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],
        $13::bigint[], $14::bigint[], $15::bigint[], $16::numeric[], $17::numeric[],
        $18::smallint[], $19::integer[], $20::text[], $21::text[], $22::text[], $23::jsonb[]
    ) as fact (
        execution_id, started_at, ended_at, status, error_type,
        agent_id, agent_name, agent_version, user_id, model, provider,
        input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
        user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata
    )
), placed as (
    update execution_keys key set started_at = arriving.started_at
    from arriving
    where key.workspace_id = $1 and key.execution_id = arriving.execution_id
        and key.started_at <> arriving.started_at
)
insert into executions (
    workspace_id, execution_id, started_at, ended_at, status, error_type,
    agent_id, agent_name, agent_version, user_id, model, provider,
    input_tokens, output_tokens, cached_input_tokens, cost_usd, credits,
    user_rating, tool_calls, parent_execution_id, conversation_id, error_message, metadata
)
select $1, arriving.* from arriving
