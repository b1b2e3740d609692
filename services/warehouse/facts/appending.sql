-- name: insert_metric_points
-- Stores the points that are new, in the order of keys so that writers never wait in a circle.
insert into metric_points (workspace_id, occurred_at, point_id, metric_type, value, tags)
select workspace_id, occurred_at, point_id, metric_type, value, tags
from arriving_metric_points
where workspace_id = $1
order by occurred_at, point_id collate "C"
on conflict do nothing
returning occurred_at, point_id as id

-- name: find_metric_points
select p.occurred_at, p.point_id as id, p.metric_type, p.value, p.tags
from unnest($2::timestamptz[], $3::text[]) as key (occurred_at, point_id)
join metric_points p
    on p.workspace_id = $1 and p.occurred_at = key.occurred_at and p.point_id = key.point_id

-- name: insert_events
-- Stores the events that are new, in the order of keys so that writers never wait in a circle.
insert into events
    (workspace_id, occurred_at, event_id, type, user_id, correlation_id, data, metadata)
select workspace_id, occurred_at, event_id, type, user_id, correlation_id, data, metadata
from arriving_events
where workspace_id = $1
order by occurred_at, event_id collate "C"
on conflict do nothing
returning occurred_at, event_id as id

-- name: find_events
select v.occurred_at, v.event_id as id, v.type, v.user_id, v.correlation_id, v.data, v.metadata
from unnest($2::timestamptz[], $3::text[]) as key (occurred_at, event_id)
join events v
    on v.workspace_id = $1 and v.occurred_at = key.occurred_at and v.event_id = key.event_id
