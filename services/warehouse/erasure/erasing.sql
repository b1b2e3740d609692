-- name: patience
-- A page that takes longer is tried again with fewer rows.
select set_config('statement_timeout', $1, true)

-- name: runs
-- With their keys, so that nobody has one without the other.
with old as (
    select started_at, execution_id from executions where workspace_id = $1 limit $2
), gone as (
    delete from executions run using old
    where run.workspace_id = $1 and run.started_at = old.started_at
        and run.execution_id = old.execution_id
    returning run.started_at, run.execution_id
), keys as (
    delete from execution_keys key using gone
    where key.workspace_id = $1 and key.execution_id = gone.execution_id
        and key.started_at = gone.started_at
)
select count(*) from gone

-- name: hold
-- Until we commit, nobody else changes the workspace; and cells that were made before are not entered.
insert into workspaces (workspace_id, revision) values ($1, 1)
on conflict (workspace_id) do update set revision = workspaces.revision + 1
