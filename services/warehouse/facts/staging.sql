-- name: create_staging
-- Without indexes and without checks: the tables that rows go on to have them.
create temporary table arriving_executions (
    like executions,
    -- Where the run lies that this one replaces; null if it is new.
    stored_at timestamptz
) on commit delete rows;
alter table arriving_executions
    drop column workspace_id, drop column duration_us, drop column recorded_at;

create temporary table arriving_metric_points (like metric_points) on commit delete rows;
alter table arriving_metric_points drop column workspace_id, drop column recorded_at;

create temporary table arriving_events (like events) on commit delete rows;
alter table arriving_events drop column workspace_id, drop column recorded_at;
