-- What only the caller can put together. A cell is alone if it is all of its group.

-- name: duration_bins
array_agg(duration_bins) filter (where duration_bins is not null and duration_known > 0)

-- name: duration_bins_untold
-- Of cells that do not tell the percentiles of their group.
array_agg(duration_bins) filter (
    where duration_bins is not null and duration_known > 0
        and not (alone and duration_percentiles is not null)
)

-- name: told_percentile
max(duration_percentiles[{number}]) filter (where alone)

-- name: durations
-- Those of runs, one behind the other.
string_agg(int8send(duration_us), '')

-- name: shortest
min(duration_min)::float8

-- name: longest
max(duration_max)::float8

-- name: user_sketches
array_agg(users) filter (where users is not null and user_known > 0)

-- name: user_sketches_amid_others
-- Where there is something to merge.
array_agg(users) filter (where users is not null and user_known > 0 and not alone)

-- name: user_head
-- Of the only sketch, which says how many it has.
(array_agg(substring(users for {bytes})) filter (where user_known > 0 and alone))[1]

-- name: user_hashes
-- Those of the users of runs, one behind the other.
string_agg(distinct int8send(hashtextextended(user_id, 0)), '')
