-- Functions over the known values of a group, by the kind of value: seconds (kept as whole
-- microseconds), whole numbers, exact decimals, reals (metric points) and ids.

-- name: seconds_count
count({value})

-- name: seconds_sum
(sum({value}) / 1000000)::float8

-- name: seconds_average
sum({value})::float8 / nullif(count({value}) * 1000000::float8, 0)

-- name: seconds_minimum
min({value}) / 1000000::float8

-- name: seconds_maximum
max({value}) / 1000000::float8

-- name: seconds_standard_deviation
stddev_samp({value} / 1000000::float8)

-- name: seconds_percentile
percentile_cont({fraction}) within group (order by {value} / 1000000::float8)

-- name: seconds_distinct
count(distinct {value})

-- name: whole_count
count({value})

-- name: whole_sum
sum({value})::bigint

-- name: whole_average
sum({value})::float8 / nullif(count({value}), 0)

-- name: whole_minimum
min({value})::bigint

-- name: whole_maximum
max({value})::bigint

-- name: whole_standard_deviation
stddev_samp({value})::float8

-- name: whole_percentile
percentile_cont({fraction}) within group (order by {value}::float8)

-- name: whole_distinct
count(distinct {value})

-- name: decimal_count
count({value})

-- name: decimal_sum
sum({value})

-- name: decimal_average
round(sum({value})::numeric(60, 30) / nullif(count({value}), 0), 12)

-- name: decimal_minimum
min({value})

-- name: decimal_maximum
max({value})

-- name: decimal_standard_deviation
stddev_samp({value})::float8

-- name: decimal_percentile
percentile_cont({fraction}) within group (order by {value}::float8)

-- name: decimal_distinct
count(distinct {value})

-- name: real_count
count({value})

-- name: real_sum
sum({value})

-- name: real_average
avg({value})

-- name: real_minimum
min({value})

-- name: real_maximum
max({value})

-- name: real_standard_deviation
stddev_samp({value})

-- name: real_percentile
percentile_cont({fraction}) within group (order by {value})

-- name: real_distinct
count(distinct {value})

-- name: id_count
count({value})

-- name: id_distinct
count(distinct {value})

-- name: latest_point
(array_agg(value order by occurred_at desc, value desc))[1]

-- name: of_metric
-- Narrows a function to the points of one metric.
{function} filter (where metric_type = {metric})
