-- name: priceable_traces
-- Traces with tokens in an interval, after a trace, in the order of their ids.
select distinct trace_id from spans
where workspace_id = $1 and started_at >= $2 and started_at < $3 and trace_id > $4
    and (input_tokens is not null or output_tokens is not null)
order by trace_id
limit $5

-- name: update_costs
update spans s set cost_usd = priced.cost_usd, price_version = priced.price_version
from unnest($2::timestamptz[], $3::text[], $4::text[], $5::numeric[], $6::text[])
    as priced (started_at, trace_id, span_id, cost_usd, price_version)
where s.workspace_id = $1 and s.started_at = priced.started_at
    and s.trace_id = priced.trace_id and s.span_id = priced.span_id
