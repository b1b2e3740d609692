-- name: enter
-- Tells row-level security whose rows the transaction is about, and has its statements planned to give rows
-- in the order in which they lie, as they are found: sorted first, a long interval would fill a disk before
-- its first row was out.
select case when set_workspace($1) is not null
        and set_config('plan_cache_mode', 'force_custom_plan', true) is not null
        and set_config('enable_sort', 'off', true) is not null
        and set_config('enable_incremental_sort', 'off', true) is not null
    then transaction_timestamp() end

-- name: runs_from
select runs_from from workspaces where workspace_id = $1

-- name: count
select count(*)
from executions
where workspace_id = {workspace} and started_at >= {start} and started_at < {end_} and {narrowing}

-- name: rows
select {columns}
from executions
where workspace_id = {workspace} and started_at >= {start} and started_at < {end_} and {narrowing}
order by started_at, execution_id
