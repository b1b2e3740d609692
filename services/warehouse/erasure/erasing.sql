-- name: patience
-- A page that takes longer is tried again with fewer rows.
select set_config('statement_timeout', $1, true)

-- name: runs
-- With their keys, so that nobody has one without the other. Those that somebody writes are waited for, or
-- left ({waiting}).
with old as (
    select run.started_at, run.execution_id, key.execution_id is not null as has_key
    from executions run
    left join execution_keys key on key.workspace_id = $1
        and key.execution_id = run.execution_id and key.started_at = run.started_at
    where run.workspace_id = $1
    limit $2
), held as (
    select key.started_at, key.execution_id from execution_keys key
    join old on key.execution_id = old.execution_id and key.started_at = old.started_at
    where key.workspace_id = $1
    order by key.execution_id
    for update of key {waiting}
), free as (
    select started_at, execution_id from held
    union all
    select started_at, execution_id from old where not has_key
), gone as (
    delete from executions run using free
    where run.workspace_id = $1 and run.started_at = free.started_at
        and run.execution_id = free.execution_id
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
