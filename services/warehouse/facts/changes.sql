-- name: log_change
-- Takes the workspace's lock, numbers the change, forgets the oldest and wakes followers.
with numbered as (
    insert into workspaces (workspace_id, revision) values ($1, 1)
    on conflict (workspace_id) do update set revision = workspaces.revision + 1
    returning revision
), logged as (
    insert into workspace_changes (workspace_id, revision, touched)
    select $1, revision, range_merged.touched
    from numbered, (select coalesce(range_agg(span), '{}') as touched
                    from unnest($2::tstzrange[]) as span) as range_merged
    returning revision
), forgotten as (
    delete from workspace_changes
    where workspace_id = $1 and revision <= (select revision from numbered) - $3
)
select pg_notify('shadower_changes', $1) from logged

-- name: latest_revision
select revision from workspaces where workspace_id = $1

-- name: changes_since
select revision, touched from workspace_changes
where workspace_id = $1 and revision > $2
order by revision
