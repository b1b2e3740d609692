-- name: told
-- The targets to which the beginning of the same was to be told.
select distinct target_id from notification_deliveries
where workspace_id = $1 and subject = $2 and event_type = 'alert.triggered'

-- name: add
-- Of an event that is told again nothing is added.
insert into notification_deliveries
    (workspace_id, target_id, event_id, event_type, event_at, data, subject)
select $1, target_id, $3, $4, $5, $6, $7 from unnest($2::text[]) as target_id
on conflict (workspace_id, event_id, target_id) do nothing
returning target_id

-- name: list
-- The latest first, behind a place if one is given.
select delivery_id, target_id, event_id, event_type, event_at, subject, state, attempts, due_at,
    ended_at, status_code, error, created_at
from notification_deliveries
where workspace_id = $1
    and ($2 = '' or target_id = $2)
    and (cardinality($3::text[]) = 0 or state = any($3))
    and ($4 = '' or subject = $4)
    and ($5::timestamptz is null or (created_at, delivery_id) < ($5, $6::uuid))
order by created_at desc, delivery_id desc
limit $7

-- name: get
select delivery_id, target_id, event_id, event_type, event_at, subject, state, attempts, due_at,
    ended_at, status_code, error, created_at
from notification_deliveries
where workspace_id = $1 and delivery_id = $2

-- name: attempts
select * from (
    select attempted_at, duration, status_code, error, response, is_delivered, number
    from notification_attempts
    where workspace_id = $1 and delivery_id = $2
    order by number desc
    limit 100
) as latest
order by number

-- name: retry
update notification_deliveries set
    state = 'waiting', attempts = 0, due_at = clock_timestamp(), ended_at = null,
    waiting_since = clock_timestamp(),
    remaining = case when state <> 'delivered' and remaining is not null then remaining || refused end,
    refused = '{}'
where workspace_id = $1 and delivery_id = $2
returning target_id

-- name: recover
-- The oldest first.
with failed as (
    select delivery_id from notification_deliveries
    where workspace_id = $1 and target_id = $2 and state = 'failed'
        and ($3::timestamptz is null or event_at >= $3)
    order by number
    limit $4
), recovered as (
    update notification_deliveries set
        state = 'waiting', attempts = 0, due_at = clock_timestamp(), ended_at = null,
        waiting_since = clock_timestamp(),
        remaining = case when remaining is not null then remaining || refused end,
        refused = '{}'
    where workspace_id = $1 and delivery_id in (select delivery_id from failed)
        and state = 'failed'
    returning 1
)
select count(*) from recovered

-- name: failed
-- How many of a target's were given up, counted so far.
select count(*) from (
    select from notification_deliveries
    where workspace_id = $1 and target_id = $2 and state = 'failed'
        and ($3::timestamptz is null or event_at >= $3)
    limit $4
) as failed

-- name: due
-- What is to be sent to a target now: of deliveries about the same only the first.
select delivery_id, event_id, event_type, event_at, data, subject, remaining, refused, attempts
from notification_deliveries as delivery
where workspace_id = $1 and target_id = $2 and state = 'waiting' and due_at <= clock_timestamp()
    and not exists (
        select from notification_deliveries as earlier
        where earlier.workspace_id = $1 and earlier.target_id = $2 and earlier.state = 'waiting'
            and earlier.subject = delivery.subject and earlier.number < delivery.number
    )
order by number
limit $3

-- name: give_up
-- What has waited for longer than that; null is all.
update notification_deliveries set
    state = 'failed', ended_at = clock_timestamp(), error = $3,
    data = case when event_type = 'report.generated' then data - 'url' else data end
where workspace_id = $1 and target_id = $2 and state = 'waiting'
    and ($4::interval is null or waiting_since < clock_timestamp() - $4)

-- name: record
-- The log tells of every attempt; the delivery moves on only from where the sender believes it to be.
-- By a report's link anybody reads it, so it is not kept with what has ended.
with noted as (
    insert into notification_attempts (
        workspace_id, delivery_id, attempted_at, duration, status_code, error, response, is_delivered
    )
    select $1, $2, $4, $5, $6, $7, $8, $9 from notification_deliveries
    where workspace_id = $1 and delivery_id = $2
)
update notification_deliveries set
    attempts = attempts + 1,
    state = $10,
    status_code = $6,
    error = $7,
    due_at = clock_timestamp() + $11::interval,
    ended_at = case when $10 <> 'waiting' then clock_timestamp() end,
    remaining = coalesce($12, remaining),
    refused = coalesce($13, refused),
    data = case
        when event_type = 'report.generated' and $10 <> 'waiting' then data - 'url' else data
    end
where workspace_id = $1 and delivery_id = $2 and attempts = $3 and state = 'waiting'
