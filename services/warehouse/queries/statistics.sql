-- name: whole
select
    {statistics}
from executions
where {condition}

-- name: statistics
-- The columns of a Statistics, over a group of executions.
count(*) as total,
    count(*) filter (where status = 'running') as running,
    count(*) filter (where status = 'succeeded') as succeeded,
    count(*) filter (where status = 'failed') as failed,
    count(*) filter (where status = 'timed_out') as timed_out,
    count(*) filter (where status = 'cancelled') as cancelled,
    count(*) filter (where status = 'succeeded')::float8
        / nullif(count(*) filter (where status in ('succeeded', 'failed', 'timed_out')), 0)
        as success_rate,
    count(duration_us) as known_durations,
    sum(duration_us)::float8 / nullif(count(duration_us) * 1000000::float8, 0) as average_duration,
    min(duration_us) / 1000000::float8 as minimum_duration,
    max(duration_us) / 1000000::float8 as maximum_duration,
    stddev_samp(duration_us / 1000000::float8) as duration_deviation,
    percentile_cont(array[0.5, 0.75, 0.9, 0.95, 0.99])
        within group (order by duration_us / 1000000::float8) as duration_percentiles,
    (coalesce(sum(duration_us) filter (where status = 'succeeded'), 0)
        / nullif(
            sum(duration_us) filter (where status in ('succeeded', 'failed', 'timed_out')), 0
        ))::float8 as efficiency,
    count(input_tokens + output_tokens) as known_tokens,
    count(*) - count(input_tokens + output_tokens) as unknown_tokens,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cached_input_tokens)::bigint as cached_input_tokens,
    sum(input_tokens + output_tokens)::bigint as total_tokens,
    sum(input_tokens + output_tokens)::float8 / nullif(count(input_tokens + output_tokens), 0) as average_tokens,
    count(cost_usd) as known_costs,
    count(*) - count(cost_usd) as unknown_costs,
    sum(cost_usd) as cost,
    round(sum(cost_usd)::numeric(60, 30) / nullif(count(cost_usd), 0), 12) as average_cost,
    sum(credits) as credits,
    count(distinct user_id) as users,
    count(distinct agent_id) as agents,
    sum(user_rating)::float8 / nullif(count(user_rating), 0) as average_rating,
    max(started_at) as last_started_at
