-- name: months
select partition_name, first_day from months_before($1, $2)

-- name: may_take_long
select set_config('statement_timeout', '300s', true)

-- name: is_empty
select is_month_empty($1, $2)

-- name: be_quick
-- Whoever waits for a table, or has it alone, keeps those waiting that come after it: not for long.
select set_config('lock_timeout', '200ms', true), set_config('statement_timeout', '2s', true)

-- name: drop
select drop_month($1, $2)
