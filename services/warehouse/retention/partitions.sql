-- name: months
select partition_name, first_day from months_before($1, $2)

-- name: workspaces
select workspaces_of_month($1, $2)

-- name: be_quick
-- Whoever waits for a table keeps those waiting that come after it: not for long.
select set_config('lock_timeout', '200ms', true), set_config('statement_timeout', '300s', true)

-- name: drop
select drop_month($1, $2)
