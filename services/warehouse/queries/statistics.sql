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
    {success_rate}
        as success_rate,
    count(duration_us) as known_durations,
    {duration_avg} as average_duration,
    min(duration_us) / 1000000::float8 as minimum_duration,
    max(duration_us) / 1000000::float8 as maximum_duration,
    {duration_stddev} as duration_deviation,
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
    {total_tokens_avg} as average_tokens,
    count(cost_usd) as known_costs,
    count(*) - count(cost_usd) as unknown_costs,
    sum(cost_usd) as cost,
    {cost_avg} as average_cost,
    sum(credits) as credits,
    count(distinct user_id) as users,
    count(distinct agent_id) as agents,
    {user_rating} as average_rating,
    max(started_at) as last_started_at
