-- name: turn
-- Targets of a workspace are made one after the other, so that none is one too many.
select pg_advisory_xact_lock(hashtextextended('shadower.notifications ' || $1, 0))

-- name: count
select count(*) from notification_targets where workspace_id = $1

-- name: create
with target as (
    insert into notification_targets
        (workspace_id, target_id, definition, sealed, updated_by, is_enabled)
    values ($1, $2, $3, $4, $5, $6)
    returning workspace_id, target_id
)
insert into notification_lanes (workspace_id, target_id) select workspace_id, target_id from target

-- name: get
select target_id, definition, sealed, previous_until, version, created_at, updated_at, updated_by,
    is_enabled, is_gone, failures
from notification_targets natural join notification_lanes
where workspace_id = $1 and target_id = $2

-- name: lock
-- Of who changes it: the target before its lane, as all do.
select version from notification_targets
where workspace_id = $1 and target_id = $2
for no key update

-- name: lock_whole
-- Of who deletes it; then whoever sends to it has ended, or finds it gone.
with target as (
    select workspace_id, target_id from notification_targets
    where workspace_id = $1 and target_id = $2
    for update
)
select 1 from target natural join notification_lanes as lane for update of lane

-- name: list
select target_id, definition, sealed, previous_until, version, created_at, updated_at, updated_by,
    is_enabled, is_gone, failures
from notification_targets natural join notification_lanes
where workspace_id = $1 and target_id > $2
order by target_id
limit $3

-- name: enabled
-- Those to whom something that happened by then ($2) may be told.
select target_id, definition, sealed, previous_until, version, created_at, updated_at, updated_by,
    is_enabled, is_gone, failures
from notification_targets natural join notification_lanes
where workspace_id = $1 and is_enabled and created_at <= $2
order by target_id

-- name: replace
update notification_targets set
    definition = $3, sealed = $4, updated_by = $5, is_enabled = $6, is_gone = false,
    version = version + 1, updated_at = clock_timestamp()
where workspace_id = $1 and target_id = $2

-- name: rotate
update notification_targets set
    sealed = $3, previous_until = clock_timestamp() + $4::interval, updated_by = $5,
    version = version + 1, updated_at = clock_timestamp()
where workspace_id = $1 and target_id = $2

-- name: disable
-- Since its receiver is gone.
update notification_targets set
    definition = definition || '{"disabled": true}', is_enabled = false, is_gone = true,
    updated_by = 'shadower', version = version + 1, updated_at = clock_timestamp()
where workspace_id = $1 and target_id = $2 and is_enabled

-- name: delete
delete from notification_targets where workspace_id = $1 and target_id = $2

-- name: delete_lane
delete from notification_lanes where workspace_id = $1 and target_id = $2
