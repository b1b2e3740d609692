-- The value of each built-in metric over a group of executions. Types carry exactness:
-- bigint for whole numbers, numeric for money, double precision for ratios and seconds.
-- Seconds are sums of whole microseconds, divided last, so they do not depend on order.

-- name: executions
count(*)

-- name: running
count(*) filter (where status = 'running')

-- name: succeeded
count(*) filter (where status = 'succeeded')

-- name: failed
count(*) filter (where status = 'failed')

-- name: timed_out
count(*) filter (where status = 'timed_out')

-- name: cancelled
count(*) filter (where status = 'cancelled')

-- name: success_rate
count(*) filter (where status = 'succeeded')::float8
    / nullif(count(*) filter (where status in ('succeeded', 'failed', 'timed_out')), 0)

-- name: error_rate
count(*) filter (where status in ('failed', 'timed_out'))::float8
    / nullif(count(*) filter (where status in ('succeeded', 'failed', 'timed_out')), 0)

-- name: duration_avg
sum(duration_us)::float8 / nullif(count(duration_us) * 1000000::float8, 0)

-- name: duration_min
min(duration_us) / 1000000::float8

-- name: duration_max
max(duration_us) / 1000000::float8

-- name: duration_stddev
stddev_samp(duration_us / 1000000::float8)

-- name: duration_p50
percentile_cont(0.5) within group (order by duration_us / 1000000::float8)

-- name: duration_p75
percentile_cont(0.75) within group (order by duration_us / 1000000::float8)

-- name: duration_p90
percentile_cont(0.9) within group (order by duration_us / 1000000::float8)

-- name: duration_p95
percentile_cont(0.95) within group (order by duration_us / 1000000::float8)

-- name: duration_p99
percentile_cont(0.99) within group (order by duration_us / 1000000::float8)

-- name: input_tokens
sum(input_tokens)::bigint

-- name: output_tokens
sum(output_tokens)::bigint

-- name: cached_input_tokens
sum(cached_input_tokens)::bigint

-- name: total_tokens
sum(input_tokens + output_tokens)::bigint

-- name: total_tokens_avg
sum(input_tokens + output_tokens)::float8 / nullif(count(input_tokens + output_tokens), 0)

-- name: unknown_tokens
count(*) filter (where input_tokens + output_tokens is null)

-- name: cost
sum(cost_usd)

-- name: cost_avg
round(sum(cost_usd)::numeric(60, 30) / nullif(count(cost_usd), 0), 12)

-- name: credits
sum(credits)

-- name: active_users
count(distinct user_id)

-- name: active_agents
count(distinct agent_id)

-- name: user_rating
sum(user_rating)::float8 / nullif(count(user_rating), 0)

-- name: tool_calls
sum(tool_calls)::bigint

-- name: errors
count(*) filter (where error_type is not null)

-- name: errors_timeout
count(*) filter (where error_type = 'timeout')

-- name: errors_rate_limit
count(*) filter (where error_type = 'rate_limit')

-- name: errors_validation
count(*) filter (where error_type = 'validation')

-- name: errors_model_error
count(*) filter (where error_type = 'model_error')

-- name: errors_network
count(*) filter (where error_type = 'network')

-- name: errors_auth
count(*) filter (where error_type = 'auth')

-- name: errors_resource
count(*) filter (where error_type = 'resource')

-- name: errors_user_error
count(*) filter (where error_type = 'user_error')

-- name: errors_unknown
count(*) filter (where error_type = 'unknown')
