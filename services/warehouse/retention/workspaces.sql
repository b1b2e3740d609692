-- name: list
-- Of those that were erased, the audit log is left.
select workspace_id from (
    select workspace_id from workspaces union select workspace_id from erasures
) as known
where workspace_id > $1 and workspace_id <> 'shadower-system'
order by workspace_id
limit $2

-- name: latest_horizon
-- Of all: before it, facts of some workspace may be gone.
select max(greatest(runs_from, points_from, events_from)) from workspaces
