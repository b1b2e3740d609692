-- name: list_set
select job, schedule, time_zone, is_paused, since from scheduled_jobs where workspace_id = $1

-- name: note
-- From when on its times count.
insert into scheduled_jobs (workspace_id, job) values ($1, $2) on conflict do nothing

-- name: pause
insert into scheduled_jobs (workspace_id, job, is_paused) values ($1, $2, true)
on conflict (workspace_id, job) do update set is_paused = true

-- name: resume
insert into scheduled_jobs as known (workspace_id, job) values ($1, $2)
on conflict (workspace_id, job) do update set
    is_paused = false, since = excluded.since
where known.is_paused

-- name: reschedule
insert into scheduled_jobs (workspace_id, job, schedule, time_zone) values ($1, $2, $3, $4)
on conflict (workspace_id, job) do update set
    schedule = excluded.schedule, time_zone = excluded.time_zone, since = excluded.since

-- name: list_workspaces
-- By the role that knows all of them.
select workspace_id from workspaces
where workspace_id > $1 and workspace_id <> 'shadower-system'
order by workspace_id
limit $2
