-- name: wake
-- Something is to be sent to these targets now, unless they are left alone. Whoever listens is told
-- when the transaction commits. In one order always, so that no two wait for each other.
with lanes as (
    select workspace_id, target_id from notification_lanes
    where workspace_id = $1 and target_id = any($2::text[])
    order by target_id
    for update
), woken as (
    update notification_lanes as lane
    set due_at = least(lane.due_at, greatest(clock_timestamp(), lane.paused_until))
    from lanes
    where lane.workspace_id = lanes.workspace_id and lane.target_id = lanes.target_id
    returning 1
)
select pg_notify('shadower_notifications', '') from woken limit 1

-- name: forgive
-- Somebody wants it to be tried now, whatever came of it before.
update notification_lanes set failures = 0, paused_until = 'epoch', due_at = clock_timestamp()
where workspace_id = $1 and target_id = $2

-- name: claim
-- Some lanes that are due, for a time. Who comes at the same time gets others. Workspaces take turns:
-- first comes who has the fewest ($5 of each of $4 are being sent to by who asks), and none has more
-- than $6, so that one whose receivers all hang does not keep everybody else from being told.
with ranked as (
    select workspace_id, target_id,
        row_number() over (partition by workspace_id order by due_at) as number
    from notification_lanes
    where due_at <= now() and leased_until <= now()
), due as (
    select lane.workspace_id, lane.target_id
    from notification_lanes as lane
    join ranked using (workspace_id, target_id)
    left join unnest($4::text[], $5::int[]) as busy (workspace_id, lanes) using (workspace_id)
    where lane.due_at <= now() and lane.leased_until <= now()
        and ranked.number + coalesce(busy.lanes, 0) <= $6::int
    order by ranked.number + coalesce(busy.lanes, 0), lane.due_at
    limit $1
    for update of lane skip locked
)
update notification_lanes as lane set leased_until = now() + $2::interval, holder = $3
from due
where lane.workspace_id = due.workspace_id and lane.target_id = due.target_id
returning lane.workspace_id, lane.target_id

-- name: next
-- After how many seconds one is due; null if none is. Workspaces that have all they may do not count.
select extract(epoch from min(greatest(due_at, leased_until)) - now())::float8
from notification_lanes
where due_at is not null and workspace_id <> all($1::text[])

-- name: hold
-- For who still has it: for another while.
update notification_lanes set leased_until = clock_timestamp() + $4::interval
where workspace_id = $1 and target_id = $2 and holder = $3
returning failures, paced_at

-- name: lock
select from notification_lanes
where workspace_id = $1 and target_id = $2 and holder = $3
for update

-- name: release
-- In a statement of its own behind the lock: what was added before is seen by it, and what is added
-- after it finds the lane released.
update notification_lanes set
    holder = null,
    leased_until = 'epoch',
    failures = $4,
    paused_until = clock_timestamp() + $5::interval,
    paced_at = $6,
    due_at = (
        select greatest(
            min(delivery.due_at), clock_timestamp() + $5::interval, clock_timestamp() + $7::interval
        )
        from notification_deliveries as delivery
        where delivery.workspace_id = $1 and delivery.target_id = $2
            and delivery.state = 'waiting' and not exists (
                select from notification_deliveries as earlier
                where earlier.workspace_id = $1 and earlier.target_id = $2
                    and earlier.state = 'waiting' and earlier.subject = delivery.subject
                    and earlier.number < delivery.number
            )
        having count(*) > 0
    )
where workspace_id = $1 and target_id = $2 and holder = $3

-- name: prune
delete from notification_deliveries
where (workspace_id, delivery_id) in (
    select workspace_id, delivery_id from notification_deliveries
    where state <> 'waiting' and ended_at < now() - $1::interval
    order by ended_at
    limit $2
)
