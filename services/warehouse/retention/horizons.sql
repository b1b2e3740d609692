-- name: first_event
select occurred_at from events where workspace_id = $1 order by occurred_at limit 1

-- name: first_span
select started_at from spans where workspace_id = $1 order by started_at limit 1

-- name: move_runs_from
update workspaces set runs_from = greatest(runs_from, $2) where workspace_id = $1

-- name: move_points_from
update workspaces set points_from = greatest(points_from, $2) where workspace_id = $1

-- name: move_events_from
update workspaces set events_from = greatest(events_from, $2) where workspace_id = $1

-- name: move_hours_from
update workspaces set hours_from = greatest(hours_from, $2) where workspace_id = $1

-- name: move_days_from
update workspaces set days_from = greatest(days_from, $2) where workspace_id = $1

-- name: has_cells
select
    exists (
        select from execution_cells where workspace_id = $1 and level = any ($2::text[]) and start < $3
    ) or exists (
        select from agent_profiles where workspace_id = $1 and level = any ($2::text[]) and start < $3
    ) or exists (
        select from point_cells where workspace_id = $1 and level = any ($2::text[]) and start < $3
    )
