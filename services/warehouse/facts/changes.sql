-- name: log_change
-- Takes the workspace's lock, numbers the change, forgets the oldest and publishes the news. Says from
-- when on the workspace takes facts.
with numbered as (
    insert into workspaces (workspace_id, revision) values ($1, 1)
    on conflict (workspace_id) do update set revision = workspaces.revision + 1
    returning revision, runs_from, points_from, events_from, hours_from, days_from
), merged as (
    select revision, touched
    from numbered,
        (select coalesce(range_agg(span), '{}') as touched from unnest($2::tstzrange[]) as span) _
), logged as (
    insert into workspace_changes (workspace_id, revision, touched)
    select $1, revision, touched from merged
    returning revision
), forgotten as (
    delete from workspace_changes
    where workspace_id = $1 and revision <= (select revision from numbered) - $3
), published as (
    insert into outbox (workspace_id, traceparent, type, data)
    select $1, nullif($4, ''), type, jsonb_build_object(
        'revision', revision,
        'touched', (
            select coalesce(jsonb_agg(jsonb_build_array(lower(span), upper(span))), '[]')
            from unnest(touched) as span
        )
    )
    from merged, (values (1, 'workspace.created'), (2, 'workspace.updated')) as news (place, type)
    where place = 2 or revision = 1
    order by place
    returning id
)
select runs_from, points_from, events_from, hours_from, days_from,
    (select count(pg_notify('shadower_bus', '')::text) from published) as told
from numbered

-- name: is_rolled
-- Whether the workspace has cells. A statement of its own: one that waited for the lock sees what
-- was so before it waited.
select exists (select from rollups where workspace_id = $1)

-- name: horizon
select runs_from, points_from, events_from, hours_from, days_from from workspaces
where workspace_id = $1

-- name: latest_revision
select revision from workspaces where workspace_id = $1

-- name: changes_since
select revision, touched from workspace_changes
where workspace_id = $1 and revision > $2
order by revision

-- name: touched_since
-- How many changes there were, and the earliest time that they touched.
select count(*) as changes, min(lower(touched)) as earliest
from workspace_changes
where workspace_id = $1 and revision > $2
