-- name: enter_workspace
-- Tells row-level security whose rows the transaction is about; answers with the moment
-- by which everything committed is seen.
select case when set_config('shadower.workspace_id', $1, true) is not null
            then transaction_timestamp() end

-- name: rolled
select level, cuboid, spans from rollups where workspace_id = $1 and not isempty(spans)

-- name: ensure_month
select ensure_month($1, $2)

-- name: schema_version
select version_num from schema_version
