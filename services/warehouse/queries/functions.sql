-- Functions over a field of a group of cells or of runs, by the kind of its values: seconds (kept
-- as whole microseconds), whole numbers, exact decimals, and ids. What only runs can tell is last.

-- name: count
coalesce(sum({field}_known), 0)::bigint

-- name: seconds_sum
(sum({field}_sum) / 1000000)::float8

-- name: seconds_average
sum({field}_sum)::float8 / nullif(sum({field}_known)::float8 * 1000000, 0)

-- name: seconds_minimum
(min({field}_min) / 1000000)::float8

-- name: seconds_maximum
(max({field}_max) / 1000000)::float8

-- name: seconds_standard_deviation
{deviation} / 1000000

-- name: whole_sum
sum({field}_sum)::bigint

-- name: whole_average
sum({field}_sum)::float8 / nullif(sum({field}_known), 0)::float8

-- name: whole_minimum
min({field}_min)::bigint

-- name: whole_maximum
max({field}_max)::bigint

-- name: whole_standard_deviation
{deviation}

-- name: decimal_sum
sum({field}_sum)

-- name: decimal_average
round(sum({field}_sum)::numeric(60, 30) / nullif(sum({field}_known), 0), 12)

-- name: decimal_minimum
min({field}_min)

-- name: decimal_maximum
max({field}_max)

-- name: decimal_standard_deviation
{deviation}

-- name: deviation
-- Of a sample; exact but for the root, since numbers of such sums are whole or decimal.
case when sum({field}_known) > 1 then sqrt(
    (sum({field}_known) * sum({field}_squares) - sum({field}_sum) * sum({field}_sum))
        / (sum({field}_known) * (sum({field}_known) - 1))
)::float8 end

-- name: executions
coalesce(sum(executions), 0)::bigint

-- name: distinct_key
-- Of what cells tell apart.
count(distinct nullif({field}, ''))

-- name: percentile_of_facts
percentile_cont({fraction}) within group (order by {field}::float8)

-- name: distinct_of_facts
count(distinct {field})

-- Functions over metric points or cells of them; {only} may narrow them to those of one metric.

-- name: real_count
coalesce(sum(points) {only}, 0)::bigint

-- name: real_sum
sum(total) {only}

-- name: real_average
-- PostgreSQL refuses a quotient that rounds to zero: of at most half the least number that there is.
case
    when abs(sum(total) {only}) < 1e-300 and
        abs(sum(total) {only}) / '5e-324'::float8 <= sum(points) {only} / 2.0
    then 0
    else sum(total) {only} / nullif(sum(points) {only}, 0)::float8
end

-- name: real_minimum
min(least) {only}

-- name: real_maximum
max(most) {only}

-- name: real_latest
(array_agg(latest order by latest_at desc, latest desc) {only})[1]

-- name: real_standard_deviation
stddev_samp(value) {only}

-- name: real_percentile
percentile_cont({fraction}) within group (order by value) {only}

-- name: real_distinct
count(distinct value) {only}

-- name: of_metric
filter (where metric = {number})
