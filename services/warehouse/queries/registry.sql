-- The value of each built-in metric over a group of cells or of runs, which are cells of one run.
-- Types carry exactness: bigint for whole numbers, numeric for money, double precision for ratios
-- and seconds. Seconds are sums of whole microseconds, divided last, so they do not depend on order.

-- name: executions
coalesce(sum(executions), 0)::bigint

-- name: running
coalesce(sum(running), 0)::bigint

-- name: succeeded
coalesce(sum(succeeded), 0)::bigint

-- name: failed
coalesce(sum(failed), 0)::bigint

-- name: timed_out
coalesce(sum(timed_out), 0)::bigint

-- name: cancelled
coalesce(sum(cancelled), 0)::bigint

-- name: success_rate
sum(succeeded)::float8 / nullif(sum(succeeded) + sum(failed) + sum(timed_out), 0)::float8

-- name: error_rate
(sum(failed) + sum(timed_out))::float8
    / nullif(sum(succeeded) + sum(failed) + sum(timed_out), 0)::float8

-- name: unknown_tokens
(coalesce(sum(executions), 0) - coalesce(sum(total_tokens_known), 0))::bigint

-- name: unknown_costs
(coalesce(sum(executions), 0) - coalesce(sum(cost_known), 0))::bigint

-- name: efficiency
-- Share of the known run time of decided runs that went into runs that succeeded.
(coalesce(sum(duration_sum_succeeded), 0) / nullif(sum(duration_sum_decided), 0))::float8

-- name: last_started_at
max(last_started_at)

-- name: errors
(coalesce(sum(failed), 0) + coalesce(sum(timed_out), 0))::bigint

-- name: errors_of_type
coalesce(sum(errors_{error_type}), 0)::bigint

-- name: ratings_of_grade
coalesce(sum(user_rating_{grade}), 0)::bigint
