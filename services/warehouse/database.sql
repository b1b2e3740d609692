-- name: enter_workspace
-- Tells row-level security whose rows the transaction is about; answers with the moment
-- by which everything committed is seen.
select case when set_workspace($1) is not null
            then transaction_timestamp() end

-- name: enter_reading
-- The same for who only reads.
-- Of the log that facts come by, if there is one ($2), it also says by when what was acknowledged is
-- written; null if nobody knows.
select
    case when set_workspace($1) is not null
            and set_config('plan_cache_mode', reading_plans(), true) is not null
        then transaction_timestamp() end as as_of,
    case when $2::text is null then transaction_timestamp() else nullif(
        least(
            transaction_timestamp(),
            coalesce((select min(complete_until) from log_positions where topic = $2), '-infinity')
        ), '-infinity') end as complete_until

-- name: plan_by_values
-- For statements that read much, and by other indexes for other values.
select set_config('plan_cache_mode', 'force_custom_plan', true)

-- name: known
-- The number of the last change and from when on there are facts, and beside it which cells agree with
-- the facts, if any do.
select revision, level, cuboid, spans, runs_from, points_from, events_from, hours_from, days_from
from workspaces left join rollups
    on rollups.workspace_id = workspaces.workspace_id and not isempty(spans)
where workspaces.workspace_id = $1

-- name: ensure_month
select ensure_month($1, $2)

-- name: schema_version
-- Older schemas do not say with which code they work: with their own.
select
    version_num as version,
    coalesce(to_jsonb(schema_version) ->> 'works_from', version_num) as works_from
from schema_version
