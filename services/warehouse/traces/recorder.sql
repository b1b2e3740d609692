-- name: lock_traces
-- One of 256 locks of the workspace for each trace, since the server has only so many; in their
-- order, so that writers never wait for each other in a circle.
select pg_advisory_xact_lock(hashtext($1), lock.number)
from (
    select distinct hashtext(trace.id) & 255 as number
    from unnest($2::text[]) as trace (id)
    order by number
) as lock

-- name: spans
select * from spans where workspace_id = $1 and trace_id = any($2::text[])

-- name: insert_spans
-- Stores spans of traces that are locked.
insert into spans (
    workspace_id, started_at, trace_id, span_id, parent_span_id, ended_at, kind, name, outcome,
    error_type, error_message, service_name, agent_id, agent_name, agent_version, user_id,
    conversation_id, provider, request_model, response_model, response_id, finish_reasons,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    tool_name, tool_type, tool_call_id, cost_usd, price_version
)
select
    $1, started_at, trace_id, span_id, parent_span_id, ended_at, kind, name, outcome,
    error_type, error_message, service_name, agent_id, agent_name, agent_version, user_id,
    conversation_id, provider, request_model, response_model, response_id, finish_reasons,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    tool_name, tool_type, tool_call_id, cost_usd, price_version
from jsonb_populate_recordset(null::spans, $2)
returning 1
